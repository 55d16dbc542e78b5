#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tags the same recording with separate-stems and with PyTorch in turn, with equal threads, and prints times,
ratios and peak memory: Cnn14 and HTS-AT at full size.

    swift build -c release --product separate-stems
    python3 -m venv .venv && .venv/bin/pip install -r Tools/compare/requirements.txt
    .venv/bin/python Tools/compare/taggers.py cnn14

60 s of mono at 32 kHz in clips of ten seconds (`--clip`), one after the other. PyTorch's networks are those of
Tools/Goldens, with the spectrogram by torch.stft. Weights are random: they cost what trained ones cost. Each
system is a process of its own. Its time is that of the tagging alone (ours includes reading the file; start-up
and loading are in the "whole process" column), its memory the process's peak. `--rehearse` compares what comes
out first.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from side_by_side import compare, measured

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 32000
sys.path.insert(0, str(ROOT / "Tools/Goldens"))


def network(case):
    """The full-size network, and its tags of a clip: a class's probability each."""
    import torch

    import tagger_front_end as front_end

    front_end.RATE, front_end.WINDOW, front_end.HOP, front_end.HIGH = RATE, 1024, 320, 14000.0
    bands = front_end.mel_bands(64).float()
    if case == "cnn14":
        import cnn14

        cnn14.WIDTHS = [64, 128, 256, 512, 1024, 2048]
        cnn14.EMBEDDING, cnn14.CLASSES = 2048, 527
        model, tags = cnn14.Cnn14().eval(), "clip"
    else:
        import htsat

        htsat.BANDS, htsat.SIDE, htsat.WINDOW = 64, 64, 8
        htsat.CHANNELS, htsat.DEPTHS, htsat.HEADS, htsat.CLASSES = 96, [2, 2, 6, 2], [4, 8, 16, 32], 527
        htsat.CHUNKS, htsat.FRAMES = 4, 1024
        model, tags = htsat.HTSAT().float().eval(), "tags"
        bands = model.logmel_extractor.melW
    return model, lambda clip: getattr(model, tags)(front_end.log_mel(clip, bands))["clipwise"], front_end


def prepare(folder, options):
    """Writes the checkpoint and the recording."""
    import numpy as np
    import soundfile
    import torch

    model, _, front_end = network(options.case)
    front_end.randomise(model, 1)
    state = {name: tensor for name, tensor in model.state_dict().items() if tensor is not None}
    if options.case == "cnn14":
        state["logmel_extractor.melW"] = front_end.mel_bands(64).float()
        torch.save({"model": state}, folder / "model.pth", _use_new_zipfile_serialization=False)
    else:
        torch.save({"state_dict": {f"sed_model.{name}": tensor for name, tensor in state.items()}},
                   folder / "model.pth")
    time_axis = np.arange(options.seconds * RATE) / RATE
    generator = np.random.default_rng(2)
    wave = 0.2 * np.sin(2 * np.pi * (150 + 60 * np.sin(2 * time_axis)) * time_axis)
    wave += 0.05 * generator.standard_normal(len(time_axis))
    soundfile.write(folder / "input.wav", wave.astype("float32"), RATE, subtype="FLOAT")


def worker(folder, options):
    """PyTorch's side; the tags go to a file where they are to be compared."""
    import numpy as np
    import soundfile
    import torch

    torch.set_num_threads(options.threads)
    model, tags, _ = network(options.case)
    state = torch.load(folder / "model.pth")
    state = state.get("model") or {
        name.removeprefix("sed_model."): tensor for name, tensor in state["state_dict"].items()
    }
    state.pop("logmel_extractor.melW" if options.case == "cnn14" else "", None)
    model.load_state_dict(state)
    model.requires_grad_(False)
    wave, _ = soundfile.read(folder / "input.wav", dtype="float32")
    clips = torch.from_numpy(wave).split(options.clip * RATE)

    def tag():
        with torch.no_grad():
            found = torch.stack([tags(clip) for clip in clips])
        if options.rehearse:
            np.save(folder / "expected.npy", found.amax(0).numpy())

    measured(tag)


def difference(folder, options):
    """The largest error of what separate-stems told."""
    import numpy as np

    expected = np.load(folder / "expected.npy")
    found = np.zeros_like(expected)
    for tag in json.loads((folder / "found.json").read_text())["tags"]:
        found[tag["index"]] = tag["probability"]
    print(f"the largest error of a probability is {np.abs(found - expected).max():.1e}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", choices=["cnn14", "htsat"])
    parser.add_argument("--clip", type=int, default=10, help="seconds of a clip (HTS-AT: 10)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rehearse", action="store_true", help="compare the tags, too")
    parser.add_argument("--program", default=str(ROOT / ".build/release/separate-stems"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        {"prepare": prepare, "pytorch": worker, "difference": difference}[options.worker](options.folder, options)
        return

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def script(part, *more):
            return [
                sys.executable, "-W", "ignore", __file__, options.case, "--worker", part, "--folder", name,
                "--clip", str(options.clip), "--threads", str(options.threads),
                "--seconds", str(options.seconds), *more,
            ]

        # In processes of their own: a child's peak memory counts from its parent's size on.
        subprocess.run(script("prepare"), check=True)
        environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
        own = [
            options.program, "tag", str(folder / "input.wav"), "--model", str(folder / "model.pth"),
            "--segment", str(options.clip), "--threshold", "0", "--top", "1000", "--json", "--quiet",
            "--threads", str(options.threads),
        ]
        if options.rehearse:
            with open(folder / "found.json", "w") as file:
                subprocess.run(own, check=True, stdout=file, env=environment)
            subprocess.run(
                script("pytorch", "--rehearse"), check=True, stdout=subprocess.DEVNULL, env=environment)
            subprocess.run(script("difference"), check=True)
        commands = {"separate-stems": own, "pytorch": script("pytorch")}
        compare(f"{options.case}, clips of {options.clip} s", options.seconds, commands, options, environment)


if __name__ == "__main__":
    main()
