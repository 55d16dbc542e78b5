# SPDX-License-Identifier: Apache-2.0
"""Measures an exported file: on held-out synthetic mixtures, and on recorded pairs.

SDR is global (one ratio over the whole file, no gain or filter forgiven); the `i` values are
improvements of the speech stem over the mixture. A pair is given as NOISY=CLEAN.
"""

import argparse
from pathlib import Path

import numpy as np
import soundfile
import torch

from checkpoint import separate
from export import DESTINATION, read
from losses import sdr, si_sdr
from mixing import RATE, Row, batch


def measured(weights, arguments, mixture, speech):
    stems = separate(weights, arguments, mixture)
    return {
        "SDR in": sdr(mixture, speech).item(),
        "SDR": sdr(stems[0], speech).item(),
        "SDRi": (sdr(stems[0], speech) - sdr(mixture, speech)).item(),
        "SI-SDRi": (si_sdr(stems[0], speech) - si_sdr(mixture, speech)).item(),
        "noise SDR": sdr(stems[1], mixture - speech).item(),
        "sum error": sdr(stems.sum(0), mixture).item(),
    }


def show(name, values):
    print(f"{name:34} " + "  ".join(f"{key} {value:6.2f}" for key, value in values.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=DESTINATION)
    parser.add_argument("--data", type=Path, help="the folder of the rendered material")
    parser.add_argument("pairs", nargs="*", help="NOISY=CLEAN")
    arguments = parser.parse_args()
    weights, described = read(arguments.model)

    for name in ("valid", "unseen", "recorded") if arguments.data else ():
        if not (arguments.data / f"speech-{name}.npy").exists():
            continue
        speech_row = Row(arguments.data, f"speech-{name}")
        speech, noise = batch(
            np.random.default_rng(23), speech_row, Row(arguments.data, "noise-valid"), 160, 4.0
        )
        mixture = speech + noise
        usable = (speech.square().sum(1) > 1e-6) & (noise.square().sum(1) > 1e-6)
        rows = [
            measured(weights, described, mixture[place], speech[place])
            for place in usable.nonzero()[:, 0]
        ]
        entry = np.array([row["SDR in"] for row in rows])
        for low, high in ((-99, 0), (0, 5), (5, 10), (10, 15), (15, 99), (-99, 99)):
            part = [row for row, value in zip(rows, entry) if low <= value < high]
            if part:
                label = f"{name}, {max(low, -20)} to {min(high, 40)} dB, {len(part)} medians"
                show(label, {key: np.median([row[key] for row in part]) for key in part[0]})

    for pair in arguments.pairs:
        noisy, clean = (soundfile.read(path, dtype="float32") for path in pair.split("="))
        if noisy[1] != RATE or noisy[0].shape != clean[0].shape or noisy[0].ndim != 1:
            raise SystemExit(f"{pair}: two mono files of 16 kHz and one length are needed")
        mixture, speech = torch.from_numpy(noisy[0]), torch.from_numpy(clean[0])
        show(Path(pair.split("=")[0]).name, measured(weights, described, mixture, speech))


if __name__ == "__main__":
    main()
