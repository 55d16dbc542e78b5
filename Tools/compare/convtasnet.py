#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Separates the same recording with separate-stems, PyTorch and ONNX Runtime in turn, with equal
threads, and prints times, ratios and peak memory.

    swift build -c release --product separate-stems
    python3 -m venv .venv && .venv/bin/pip install -r Tools/compare/requirements.txt
    .venv/bin/python Tools/compare/convtasnet.py base
    .venv/bin/python Tools/compare/convtasnet.py music --demucs CHECKOUT   # demucs, branch v2

`base` is torchaudio's conv_tasnet_base size on 60 s at 8 kHz; `music` the Conv-TasNet of Demucs v2
on 30 s of stereo at 44.1 kHz, through the reference's apply_model (segments of 8 s, overlap 0.25).
Weights are random: they cost what trained ones cost. Each system is a process of its own. Its time is
that of the separation alone (ours includes reading and writing the files; start-up and loading are in
the "whole process" column), its memory the process's peak. The ratios are medians of the rounds'.
"""

import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile

from side_by_side import compare, measured

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = {"base": 60, "music": 30}
RATE = {"base": 8000, "music": 44100}
SOURCES = ["drums", "bass", "other", "vocals"]


def build(case, demucs):
    import torch

    torch.manual_seed(1)
    if case == "base":
        from torchaudio.models import conv_tasnet_base

        return conv_tasnet_base(2).eval()
    sys.path.insert(0, demucs)
    from demucs.tasnet import ConvTasNet

    model = ConvTasNet(SOURCES, X=10, audio_channels=2, samplerate=44100, segment_length=8 * 44100)
    return model.eval()


def prepare(case, demucs, folder):
    """Writes the checkpoint, the recording and, for `base`, the ONNX graph."""
    import numpy as np
    import soundfile
    import torch

    model = build(case, demucs)
    torch.save(model.state_dict(), folder / "model.pt")
    count = SECONDS[case] * RATE[case]
    time_axis = np.arange(count) / RATE[case]
    channels = 1 if case == "base" else 2
    generator = np.random.default_rng(2)
    wave = np.stack(
        [
            0.2 * np.sin(2 * math.pi * (150 + 60 * np.sin(2 * time_axis + c)) * time_axis)
            + 0.05 * generator.standard_normal(count)
            for c in range(channels)
        ],
        axis=1,
    ).astype("float32")
    soundfile.write(folder / "input.wav", wave, RATE[case], subtype="FLOAT")
    if case == "base":
        with torch.no_grad():
            torch.onnx.export(
                model, (torch.zeros(1, 1, count),), folder / "model.onnx",
                input_names=["mixture"], output_names=["sources"], dynamo=False,
            )


def worker(system, case, demucs, folder, threads):
    import numpy as np
    import soundfile

    wave, _ = soundfile.read(folder / "input.wav", dtype="float32", always_2d=True)
    if system == "pytorch":
        import torch

        torch.set_num_threads(threads)
        model = build(case, demucs)
        model.load_state_dict(torch.load(folder / "model.pt", weights_only=True))
        mixture = torch.from_numpy(np.ascontiguousarray(wave.T))

        def separate():
            with torch.no_grad():
                if case == "base":
                    model(mixture[None])
                else:
                    from demucs.utils import apply_model

                    apply_model(model, mixture, split=True, overlap=0.25)

        measured(separate)
    else:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(
            folder / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        mixture = np.ascontiguousarray(wave.T)[None]
        measured(lambda: session.run(None, {"mixture": mixture}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", choices=list(SECONDS))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--demucs", help="a checkout of facebookresearch/demucs at branch v2")
    parser.add_argument("--program", default=str(ROOT / ".build/release/separate-stems"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case == "music" and not options.demucs:
        parser.error("music needs --demucs")
    if options.worker == "prepare":
        prepare(options.case, options.demucs, options.folder)
        return
    if options.worker:
        worker(options.worker, options.case, options.demucs, options.folder, options.threads)
        return

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def script(system):
            return [
                sys.executable, __file__, options.case, "--worker", system, "--folder", name,
                "--threads", str(options.threads),
            ] + (["--demucs", options.demucs] if options.demucs else [])

        # In a process of its own: a child's peak memory counts from its parent's size on.
        subprocess.run(script("prepare"), check=True, stderr=subprocess.DEVNULL)
        environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
        own = [
            options.program, str(folder / "input.wav"), "--model", str(folder / "model.pt"),
            "--output", str(folder / "out"), "--sample-format", "float32", "--overwrite", "--json",
            "--threads", str(options.threads),
        ]
        if options.case == "music":
            own += ["--segment", "8"]
        systems = ["pytorch"] + (["onnxruntime"] if options.case == "base" else [])
        commands = {"separate-stems": own} | {system: script(system) for system in systems}
        compare(options.case, SECONDS[options.case], commands, options, environment)


if __name__ == "__main__":
    main()
