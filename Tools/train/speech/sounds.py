# SPDX-License-Identifier: Apache-2.0
"""Sound files at the model's rate, trimmed, levelled, at other speeds."""

import random
from math import gcd

import numpy as np
import soundfile
from scipy.signal import resample_poly

RATE = 16000


def read(path: str) -> np.ndarray:
    wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    wave = wave[:, 0]
    if rate != RATE:
        divisor = gcd(RATE, rate)
        wave = resample_poly(wave, RATE // divisor, rate // divisor)
    return wave


def tidy(wave: np.ndarray) -> np.ndarray | None:
    """Trims silence at the ends and brings the loud frames to a common level."""
    frames = len(wave) // 320
    if frames < 25:
        return None
    power = np.square(wave[: frames * 320].reshape(frames, 320)).mean(1)
    loud = np.flatnonzero(power > power.max() * 1e-4)
    if power.max() < 1e-9:
        return None
    start, stop = max(loud[0] - 5, 0) * 320, min(loud[-1] + 6, frames) * 320
    wave = wave[start:stop] - wave[start:stop].mean()
    level = np.sqrt(np.sort(power)[-max(frames // 2, 1) :].mean())
    return np.clip(wave * (0.08 / level), -1, 1).astype(np.float32)


def stretched(wave: np.ndarray, rng: random.Random) -> np.ndarray:
    """Another speaker by tape speed: pitch, formants and rate move together."""
    numerator = rng.choice([13, 14, 15, 16, 17, 18, 22, 23, 24, 25, 26])
    return resample_poly(wave, numerator, 20).astype(np.float32)
