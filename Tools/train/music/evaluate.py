# SPDX-License-Identifier: Apache-2.0
"""Measures an exported file: SDR and SDRi per stem, in dB, on held-out rendered songs and on given recordings."""

import argparse
from pathlib import Path

import numpy as np
import soundfile
import torch

from exchange import separate
from export import DESTINATION, read
from network import SOURCES


def sdr(reference, estimate) -> float:
    """The global ratio over the whole signal."""
    return float(10 * np.log10((np.square(reference).sum() + 1e-9) / (np.square(reference - estimate).sum() + 1e-9)))


def scores(weights, described, stems: np.ndarray) -> np.ndarray:
    """`stems` `[S, 2, samples]`; rows of SDR and SDRi."""
    mixture = stems.sum(0)
    estimates = separate(weights, described, torch.from_numpy(mixture)).numpy()
    rows = []
    for stem, estimate in zip(stems, estimates):
        value = sdr(stem, estimate)
        rows.append([value, value - sdr(stem, mixture)])
    return np.array(rows)


def show(name: str, rows: np.ndarray):
    print(f"{name:32s}" + "".join(f"  {s} {v:6.2f} ({i:+.2f})" for s, (v, i) in zip(SOURCES, rows)) + f"  mean {rows[:, 0].mean():.2f} ({rows[:, 1].mean():+.2f})")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=DESTINATION)
    parser.add_argument("--data", type=Path, help="what render.py made")
    parser.add_argument("prefixes", nargs="*", help="recordings: the part of the stems' names before `drums.ogg`")
    options = parser.parse_args()
    weights, described = read(options.model)
    if options.data:
        stems = np.load(options.data / "valid.npy", mmap_mode="r")
        found = []
        for number, (start, length) in enumerate(np.load(options.data / "valid.songs.npy")):
            song = stems[:, start : start + length].astype(np.float32).transpose(0, 2, 1) / 32768
            found.append(scores(weights, described, np.ascontiguousarray(song)))
            show(f"held-out song {number}", found[-1])
        show("median of held-out songs", np.median(found, 0))
    for prefix in options.prefixes:
        song = np.stack([soundfile.read(f"{prefix}{name}.ogg", dtype="float32")[0].T for name in SOURCES])
        show(prefix, scores(weights, described, np.ascontiguousarray(song)))


if __name__ == "__main__":
    main()
