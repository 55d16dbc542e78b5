#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Separates the same recording by queries with separate-stems and with the reference's PyTorch in turn, with
equal threads, and prints times, ratios and peak memory: ResUNet30 at full size.

    swift build -c release --product separate-stems
    python3 -m venv .venv && .venv/bin/pip install -r Tools/compare/requirements.txt
    .venv/bin/pip install --no-deps --target DIR uss==0.0.4 torchlibrosa==0.1.0
    .venv/bin/pip install librosa
    .venv/bin/python Tools/compare/uss.py --uss DIR --queries 10

10 s of mono at 32 kHz, in the reference's hard segments of two seconds, one after the other as its program
does. Queries are condition vectors, so that no tagger is at work; several go through one run of ours and
one after the other through PyTorch. `--faded` has ours fade its segments into each other, as it does by
default. Weights are random: they cost what trained ones cost. Each system is a process of its own. Its
time is that of the separation alone (ours includes reading and writing the files; start-up and loading are
in the "whole process" column), its memory the process's peak. `--rehearse` compares what comes out first.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

from side_by_side import compare, measured

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 32000
SEGMENT = 2 * RATE
CONDITION = 527


def network():
    from uss.models.resunet import ResUNet30

    return ResUNet30(input_channels=1, output_channels=1, condition_size=CONDITION).eval()


def prepare(folder, options):
    """Writes the checkpoint, the recording and the queries."""
    import numpy as np
    import soundfile
    import torch

    torch.manual_seed(1)
    model = network()
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif name.endswith("running_mean"):
            tensor.uniform_(-0.2, 0.2)
    torch.save(
        {"state_dict": {f"ss_model.{name}": tensor for name, tensor in model.state_dict().items()}},
        folder / "model.ckpt",
    )
    time_axis = np.arange(options.seconds * RATE) / RATE
    generator = np.random.default_rng(2)
    wave = 0.2 * np.sin(2 * np.pi * (150 + 60 * np.sin(2 * time_axis)) * time_axis)
    wave += 0.05 * generator.standard_normal(len(time_axis))
    soundfile.write(folder / "input.wav", wave.astype("float32"), RATE, subtype="FLOAT")
    for query in range(options.queries):
        np.save(folder / f"{query}.npy", generator.random(CONDITION).astype("float32"))


def worker(folder, options):
    """PyTorch's side; the sources go to a file where they are to be compared."""
    import numpy as np
    import soundfile
    import torch

    torch.set_num_threads(options.threads)
    model = network()
    state = torch.load(folder / "model.ckpt")["state_dict"]
    model.load_state_dict({name.removeprefix("ss_model."): tensor for name, tensor in state.items()})
    wave, _ = soundfile.read(folder / "input.wav", dtype="float32")
    segments = torch.from_numpy(np.pad(wave, (0, -len(wave) % SEGMENT))).view(-1, 1, 1, SEGMENT)
    conditions = [torch.from_numpy(np.load(folder / f"{query}.npy"))[None] for query in range(options.queries)]

    def separate():
        with torch.no_grad():
            estimates = torch.stack(
                [
                    torch.cat(
                        [model({"mixture": x, "condition": condition})["waveform"].flatten() for x in segments]
                    )[: len(wave)]
                    for condition in conditions
                ]
            )
        if options.rehearse:
            np.save(folder / "expected.npy", estimates.numpy())

    measured(separate)


def difference(folder, options):
    """The largest error of what separate-stems wrote, over PyTorch's peak."""
    import numpy as np
    import soundfile

    expected = np.load(folder / "expected.npy")
    found = [soundfile.read(folder / f"out/model/input/query={query}.wav")[0] for query in range(options.queries)]
    error, peak = np.abs(np.stack(found) - expected).max(), np.abs(expected).max()
    print(f"the largest error is {error / peak:.1e} of the peak", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--uss", required=True, help="a folder with the packages uss and torchlibrosa")
    parser.add_argument("--queries", type=int, default=1)
    parser.add_argument("--faded", action="store_true", help="our default segments")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rehearse", action="store_true", help="compare the estimates, too")
    parser.add_argument("--program", default=str(ROOT / ".build/release/separate-stems"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path.insert(0, options.uss)
    if options.worker:
        {"prepare": prepare, "pytorch": worker, "difference": difference}[options.worker](options.folder, options)
        return

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def script(part, *more):
            return [
                sys.executable, "-W", "ignore", __file__, "--worker", part, "--folder", name, "--uss", options.uss,
                "--queries", str(options.queries), "--threads", str(options.threads),
                "--seconds", str(options.seconds), *more,
            ]

        # In processes of their own: a child's peak memory counts from its parent's size on.
        subprocess.run(script("prepare"), check=True)
        environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
        own = [
            options.program, str(folder / "input.wav"), "--model", str(folder / "model.ckpt"),
            "--output", str(folder / "out"), "--sample-format", "float32", "--overwrite", "--json",
            "--quiet", "--threads", str(options.threads),
        ]
        for query in range(options.queries):
            own += ["--query-embedding", str(folder / f"{query}.npy")]
        hard = own + ["--reference-segments"]
        if options.rehearse:
            for command in (hard, script("pytorch", "--rehearse")):
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            subprocess.run(script("difference"), check=True)
        commands = {"separate-stems": own if options.faded else hard, "pytorch": script("pytorch")}
        compare(f"{options.queries} queries", options.seconds, commands, options, environment)


if __name__ == "__main__":
    main()
