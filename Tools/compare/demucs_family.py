#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Separates the same recording with separate-stems and with PyTorch in turn, with equal threads, and
prints times, ratios and peak memory: the generations of Demucs at full size.

    swift build -c release --product separate-stems
    python3 -m venv .venv && .venv/bin/pip install -r Tools/compare/requirements.txt
    .venv/bin/pip install --no-deps --target DIR demucs==4.1.0      # for v2: demucs==2.0.3
    .venv/bin/python Tools/compare/demucs_family.py htdemucs --demucs DIR

60 s of stereo at 44.1 kHz through the package's own apply_model, shifts 0, overlap 0.25. Weights are
random: they cost what trained ones cost. Each system is a process of its own. Its time is that of the
separation alone (ours includes reading and writing the files, and the track's normalisation; start-up
and loading are in the "whole process" column), its memory the process's peak. `--rehearse` compares
what comes out first.
"""

import argparse
import math
import os
import pathlib
import subprocess
import sys
import tempfile
from fractions import Fraction

from side_by_side import compare, measured

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 44100
SOURCES = ["drums", "bass", "other", "vocals"]
TRANSFORMER = dict(segment=Fraction(39, 5), dconv_mode=3, t_layers=5)
# The sizes of public models, with the bag's segments where a bag sets them.
CASES = {
    "v2": dict(channels=64, segment_length=40 * RATE),
    "v3": dict(channels=64, depth=6, norm_starts=4, rewrite=False, resample=True, segment=44),
    "hdemucs": dict(channels=48, segment=44),
    "htdemucs": TRANSFORMER | dict(bottom_channels=512),
    "htdemucs_6s": TRANSFORMER | dict(sources=SOURCES + ["guitar", "piano"]),
}


def parts(case):
    """The class, its arguments and the package's apply_model."""
    arguments = {"sources": SOURCES, "samplerate": RATE} | CASES[case]
    if case == "v2":
        from demucs.model import Demucs as Network
        from demucs.utils import apply_model
    else:
        from demucs.apply import apply_model
        from demucs.demucs import Demucs
        from demucs.hdemucs import HDemucs
        from demucs.htdemucs import HTDemucs

        Network = {"v3": Demucs, "hdemucs": HDemucs}.get(case, HTDemucs)
    return Network, arguments, apply_model


def prepare(case, folder, seconds):
    """Writes the checkpoint and the recording."""
    import numpy as np
    import soundfile
    import torch

    torch.manual_seed(1)
    Network, arguments, _ = parts(case)
    model = Network(**arguments)
    for name, parameter in model.named_parameters():
        # A new network's residual branches are all but silent.
        if name.endswith("scale"):
            parameter.data.uniform_(0.3, 1)
    torch.save(
        {"klass": Network, "args": (), "kwargs": arguments, "state": model.state_dict(), "training_args": {}},
        folder / "model.th",
    )
    time_axis = np.arange(seconds * RATE) / RATE
    generator = np.random.default_rng(2)
    wave = np.stack(
        [
            0.2 * np.sin(2 * math.pi * (150 + 60 * np.sin(2 * time_axis + c)) * time_axis)
            + 0.05 * generator.standard_normal(len(time_axis))
            for c in range(2)
        ],
        axis=1,
    ).astype("float32")
    soundfile.write(folder / "input.wav", wave, RATE, subtype="FLOAT")


def worker(case, folder, threads, rehearse):
    """PyTorch's side; the sources go to a file where they are to be compared."""
    import numpy as np
    import soundfile
    import torch

    torch.set_num_threads(threads)
    Network, arguments, apply_model = parts(case)
    model = Network(**arguments).eval()
    model.load_state_dict(torch.load(folder / "model.th", weights_only=False)["state"])
    wave, _ = soundfile.read(folder / "input.wav", dtype="float32")
    mixture = torch.from_numpy(np.ascontiguousarray(wave.T))
    mono = mixture.mean(0)
    normal = (mixture - mono.mean()) / mono.std()

    def separate():
        with torch.no_grad():
            if case == "v2":
                estimates = apply_model(model, normal, shifts=0, split=True, overlap=0.25)
            else:
                estimates = apply_model(model, normal[None], shifts=0, split=True, overlap=0.25)[0]
            estimates = estimates * mono.std() + mono.mean()
        if rehearse:
            np.save(folder / "expected.npy", estimates.numpy())

    measured(separate)


def difference(case, folder):
    """The largest error of what separate-stems wrote, over PyTorch's peak."""
    import numpy as np
    import soundfile

    expected = np.load(folder / "expected.npy")
    sources = CASES[case].get("sources", SOURCES)
    found = [soundfile.read(folder / f"out/model/input/{source}.wav")[0].T for source in sources]
    error, peak = np.abs(np.stack(found) - expected).max(), np.abs(expected).max()
    print(f"{case}: the largest error is {error / peak:.1e} of the peak", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", choices=list(CASES))
    parser.add_argument("--demucs", required=True, help="a folder with the package demucs")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rehearse", action="store_true", help="compare the estimates, too")
    parser.add_argument("--program", default=str(ROOT / ".build/release/separate-stems"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, options.demucs)
    if options.worker == "prepare":
        prepare(options.case, options.folder, options.seconds)
        return
    if options.worker == "difference":
        difference(options.case, options.folder)
        return
    if options.worker:
        worker(options.case, options.folder, options.threads, options.rehearse)
        return

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def script(part, *more):
            return [
                sys.executable, "-W", "ignore", __file__, options.case, "--worker", part, "--folder", name,
                "--demucs", options.demucs, "--threads", str(options.threads),
                "--seconds", str(options.seconds), *more,
            ]

        # In processes of their own: a child's peak memory counts from its parent's size on.
        subprocess.run(script("prepare"), check=True)
        environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
        own = [
            options.program, str(folder / "input.wav"), "--model", str(folder / "model.th"),
            "--output", str(folder / "out"), "--sample-format", "float32", "--overwrite", "--json",
            "--quiet", "--threads", str(options.threads),
        ]
        if options.rehearse:
            for command in (own, script("pytorch", "--rehearse")):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            subprocess.run(script("difference"), check=True)
        commands = {"separate-stems": own, "pytorch": script("pytorch")}
        compare(options.case, options.seconds, commands, options, environment)


if __name__ == "__main__":
    main()
