# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/EvaluationTests/Goldens/protocols.safetensors: scores by the rules of publications.

From the formulas alone, with numpy's and scipy's transforms and solvers. The sounds are not stored:
the tests synthesise them by the same formula. Run from the package's root.
"""

from importlib.metadata import version

import numpy as np
import torch
from safetensors.torch import save_file
from scipy.linalg import solve_toeplitz, toeplitz

from metrics import noise

EPS = np.finfo(float).eps
CENTRES = (
    50, 120, 190, 260, 330, 400, 470, 540, 617.372, 703.378, 798.717, 904.128, 1020.38, 1148.30,
    1288.72, 1442.54, 1610.70, 1794.16, 1993.93, 2211.08, 2446.71, 2701.97, 2978.04, 3276.17, 3597.63)
WIDTHS = (
    70, 70, 70, 70, 70, 70, 70, 77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423,
    153.823, 168.154, 183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136)


def coloured(count, pole, seed):
    """Noise through a filter with one pole."""
    result = 0.1 * noise(count, seed)
    for index in range(1, count):
        result[index] += pole * result[index - 1]
    return result


def speech(rate):
    """Coloured noise that swells three times a second, and another noise above it."""
    count = rate * 3 // 2
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * np.arange(count) / rate)
    reference = coloured(count, 0.9, 1) * swell
    estimate = 0.8 * reference + 0.5 * coloured(count, -0.5, 2)
    return reference.astype(np.float32).astype(float), estimate.astype(np.float32).astype(float)


def windows():
    """3.4 s at 8 kHz: the reference is silent in the second, the estimate in the third."""
    reference = coloured(27200, 0.9, 3)
    reference[8000:16000] = 0
    estimate = 0.9 * reference + 0.2 * coloured(27200, 0.3, 4)
    estimate[16000:24000] = 0
    mixture = reference + 0.5 * coloured(27200, 0.3, 5)
    return [sound.astype(np.float32).astype(float) for sound in (reference, estimate, mixture)]


def frames(sound, rate):
    """The frames of 30 ms that the speech measures share, windowed, the last one left out."""
    length, hop = round(0.03 * rate), int(0.25 * 0.03 * rate)
    count = (len(sound) - (length - hop)) // hop - 1
    window = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, length + 1) / (length + 1)))
    return np.stack([window * sound[hop * i : hop * i + length] for i in range(count)])


def lowest(distortions):
    return np.sort(distortions)[: round(0.95 * len(distortions))].mean()


def wss(reference, estimate, rate):
    length = 2 ** int(np.ceil(np.log2(2 * round(0.03 * rate))))
    bins = length // 2
    place = np.arange(bins)
    centre = np.array(CENTRES)[:, None] * bins / (rate / 2)
    width = np.array(WIDTHS)[:, None] * bins / (rate / 2)
    filters = np.exp(
        -11 * ((place - np.floor(centre)) / width) ** 2 + np.log(70 / np.array(WIDTHS)[:, None]))
    filters[filters <= np.exp(-30 / (2 * 2.303))] = 0
    slopes, weights = [], []
    for sound in (reference, estimate):
        power = np.abs(np.fft.fft(frames(sound + EPS, rate), length)[:, :bins]) ** 2
        level = 10 * np.log10(np.maximum(power @ filters.T, 1e-10))
        slope = np.diff(level)
        peak = np.empty_like(slope)
        for frame in range(len(slope)):
            for band in range(24):
                n = band
                if slope[frame, band] > 0:
                    while n < 24 and slope[frame, n] > 0:
                        n += 1
                    peak[frame, band] = level[frame, n - 1]
                else:
                    while n >= 0 and slope[frame, n] <= 0:
                        n -= 1
                    peak[frame, band] = level[frame, n + 1]
        below = level[:, :-1]
        weights.append(
            20 / (20 + level.max(1, keepdims=True) - below) / (1 + peak - below))
        slopes.append(slope)
    weight = (weights[0] + weights[1]) / 2
    return lowest((weight * (slopes[0] - slopes[1]) ** 2).sum(1) / weight.sum(1))


def llr(reference, estimate, rate):
    order = 10 if rate < 10000 else 16

    def correlation(frame):
        return np.correlate(frame, frame, "full")[len(frame) - 1 :][: order + 1]

    def prediction(values):
        return np.concatenate([[1], -solve_toeplitz(values[:-1], values[1:])])

    distortions = []
    for target, guess in zip(frames(reference + EPS, rate), frames(estimate + EPS, rate)):
        values = correlation(target)
        own, foreign = prediction(values), prediction(correlation(guess))
        matrix = toeplitz(values)
        distortions.append(np.log((foreign @ matrix @ foreign) / (own @ matrix @ own)))
    return lowest(np.array(distortions))


def floored(reference, estimate):
    error = ((estimate - reference) ** 2).mean()
    return 10 * np.log10(max((reference**2).mean(), 1e-10) / max(error, 1e-10))


def windowed(reference, estimate, rate=8000):
    scores = []
    for start in range(0, len(reference) - rate + 1, rate):
        target, guess = reference[start : start + rate], estimate[start : start + rate]
        if target.any() and guess.any():
            scores.append(10 * np.log10((target**2).sum() / ((target - guess) ** 2).sum()))
    return np.median(scores)


def main():
    out = {}
    for rate in (8000, 16000):
        for name, metric in (("wss", wss), ("llr", llr)):
            out[f"{name}.{rate}"] = metric(*speech(rate), rate)
    reference, estimate, mixture = windows()
    for name, metric in (("floored-sdr", floored), ("windowed-sdr", windowed)):
        out[name] = metric(reference, estimate)
        out[f"{name}i"] = out[name] - metric(reference, mixture)
        out[f"{name}-swapped"] = metric(estimate, reference)
        out[f"{name}i-swapped"] = out[f"{name}-swapped"] - metric(estimate, mixture)
    print(out)
    save_file(
        {name: torch.tensor([float(value)], dtype=torch.float64) for name, value in out.items()},
        "Tests/EvaluationTests/Goldens/protocols.safetensors",
        metadata={
            "script": "Tools/Goldens/protocols.py",
            "seed": "1 to 5",
            **{name: version(name) for name in ("numpy", "scipy", "torch")},
        })


if __name__ == "__main__":
    main()
