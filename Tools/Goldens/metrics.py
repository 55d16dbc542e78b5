# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/EvaluationTests/Goldens/metrics.safetensors: scores of synthesised sounds.

The sounds are not stored: the tests synthesise them by the same formula. Run from the package's root.
"""

from importlib.metadata import version

import numpy as np
import torch
from pystoi import stoi
from safetensors.torch import save_file
from torchmetrics.functional.audio import (
    scale_invariant_signal_distortion_ratio, signal_noise_ratio)

RATES = (8000, 10000, 11025, 16000)


def noise(count, seed):
    """Knuth and Lewis' linear congruential generator, from -1 to 1."""
    state = seed
    result = np.empty(count)
    for index in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        result[index] = state / 2**31 - 1
    return result


def sounds(rate):
    count = rate * 3 // 2
    time = np.arange(count) / rate
    reference = 0.8 * noise(count, 1) * np.sin(2 * np.pi * 2 * time) ** 2
    reference[count // 2 : count * 2 // 3] = 0
    estimate = 0.9 * reference + 0.2 * noise(count, 2)
    return reference.astype(np.float32).astype(float), estimate.astype(np.float32).astype(float)


def main():
    out = {}
    for rate in RATES:
        reference, estimate = sounds(rate)
        target, guess = torch.tensor(reference), torch.tensor(estimate)
        out[f"sdr.{rate}"] = signal_noise_ratio(guess, target)
        out[f"si-sdr.{rate}"] = scale_invariant_signal_distortion_ratio(guess, target)
        out[f"stoi.{rate}"] = torch.tensor(stoi(reference, estimate, rate))
    save_file(
        {name: torch.atleast_1d(value).double() for name, value in out.items()},
        "Tests/EvaluationTests/Goldens/metrics.safetensors",
        metadata={
            "script": "Tools/Goldens/metrics.py",
            "seed": "1, 2",
            **{name: version(name) for name in ("torch", "torchmetrics", "pystoi", "numpy")},
        })


if __name__ == "__main__":
    main()
