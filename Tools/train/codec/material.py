# SPDX-License-Identifier: Apache-2.0
"""Makes batches of speech from the gathered recordings: other speeds, microphones, rooms, levels."""

from pathlib import Path

import numpy as np
import torch

RATE = 24000


class Speech:
    """Many utterances in one memory-mapped row of int16."""

    def __init__(self, folder: Path, name: str):
        self.samples = np.load(folder / f"codec-{name}.npy", mmap_mode="r")
        self.index = np.load(folder / f"codec-{name}.index.npy")
        # Recorded people count more than synthesised ones; long utterances more than short ones.
        weight = self.index[:, 1] * np.where(self.index[:, 2] > 0, 1.0, 0.35)
        self.chances = np.cumsum(weight / weight.sum())

    def stretch(self, rng, length: int) -> np.ndarray:
        """One utterance after another from a random place, until `length` samples are there."""
        parts, have = [], 0
        while have < length:
            number = min(int(np.searchsorted(self.chances, rng.random())), len(self.index) - 1)
            start, count = self.index[number][:2]
            if not parts and count > RATE:
                skipped = int(rng.integers(0, count - RATE // 2))
                start, count = start + skipped, count - skipped
            part = self.samples[start : start + min(count, length - have)] / np.float32(32768)
            pause = np.zeros(int(rng.uniform(0, 0.25) * RATE), np.float32)
            parts += [part, pause]
            have += len(part) + len(pause)
        return np.concatenate(parts)[:length]


def colour(rng, frequencies: np.ndarray) -> np.ndarray:
    """The gain curve of a random microphone."""
    octaves = np.log2(np.maximum(frequencies, 30) / 1000)
    gain = octaves * rng.uniform(-2, 2)
    for _ in range(rng.integers(0, 4)):
        bump = np.exp(-0.5 * ((octaves - rng.uniform(-4, 3.3)) / rng.uniform(0.2, 1.2)) ** 2)
        gain = gain + rng.uniform(-7, 7) * bump
    curve = 10 ** (gain / 20)
    if rng.random() < 0.25:
        curve *= 1 / np.sqrt(1 + (frequencies / rng.uniform(3500, 9000)) ** 8)
    return curve.astype(np.float32)


def room(rng) -> np.ndarray:
    """A direct sound and an exponentially dying tail."""
    decay = rng.uniform(0.1, 0.5)
    length = int(RATE * 0.3)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / RATE / decay)
    tail[: int(RATE * rng.uniform(0.001, 0.01))] = 0
    tail *= 10 ** (rng.uniform(-22, -6) / 20) / (np.sqrt(np.square(tail).sum()) + 1e-9)
    tail[0] = 1.0
    return tail.astype(np.float32)


def batch(rng, speech: Speech, size: int, length: int) -> torch.Tensor:
    """Returns `[size, length]`."""
    waves = []
    for _ in range(size):
        # Pitch, formants and tempo move together: another speaker.
        speed = 2 ** rng.uniform(-0.3, 0.3) if rng.random() < 0.7 else 1.0
        taken = int(round(length * speed / 64)) * 64
        spectrum = np.fft.rfft(speech.stretch(rng, taken))
        bins = length // 2 + 1
        resampled = np.zeros(bins, np.complex64)
        kept = min(bins, len(spectrum))
        resampled[:kept] = spectrum[:kept] * (length / taken)
        frequencies = np.linspace(0, RATE / 2, bins)
        if rng.random() < 0.7:
            resampled *= colour(rng, frequencies)
        if rng.random() < 0.2:
            resampled *= np.fft.rfft(room(rng), length)
        wave = np.fft.irfft(resampled, length).astype(np.float32)
        if rng.random() < 0.3:
            wave += rng.standard_normal(length).astype(np.float32) * 10 ** rng.uniform(-4.5, -2.7)
        level = 10 ** (rng.uniform(-36, -14) / 20)
        wave *= level / (np.sqrt(np.square(wave).mean()) + 1e-6)
        waves.append(wave / max(np.abs(wave).max() / 0.99, 1))
    return torch.from_numpy(np.stack(waves).astype(np.float32))
