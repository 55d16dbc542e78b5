# SPDX-License-Identifier: Apache-2.0
"""Makes batches of mixtures from the rendered material: rooms, microphones, levels, pauses."""

from pathlib import Path

import numpy as np
import torch

RATE = 16000


class Row:
    """Many sounds in one memory-mapped row of int16."""

    def __init__(self, folder: Path, name: str):
        self.samples = np.load(folder / f"{name}.npy", mmap_mode="r")
        self.index = np.load(folder / f"{name}.index.npy")

    def sound(self, number: int) -> np.ndarray:
        start, length = self.index[number][:2]
        return self.samples[start : start + length].astype(np.float32) / 32768.0

    def any(self, rng) -> np.ndarray:
        return self.sound(rng.integers(len(self.index)))


def speech_crop(rng, speech: Row, length: int) -> np.ndarray:
    """Utterances one after another with pauses, from a random place in the first one."""
    wave = np.zeros(length, np.float32)
    first = speech.any(rng)
    at = -int(rng.integers(0, max(len(first) - RATE // 2, 1)))
    if rng.random() < 0.25:
        at = int(rng.integers(0, length // 3))
    sound, gain = first, 1.0
    while True:
        start, stop = max(at, 0), min(at + len(sound), length)
        if stop > start:
            wave[start:stop] += gain * sound[start - at : stop - at]
        at += len(sound) + int(RATE * rng.uniform(0.0, 0.7))
        if at >= length:
            return wave
        sound, gain = speech.any(rng), 10 ** rng.uniform(-0.2, 0.2)


def noise_crop(rng, noise: Row, length: int) -> np.ndarray:
    wave = np.zeros(length, np.float32)
    for layer in range(2 if rng.random() < 0.25 else 1):
        sound = noise.any(rng)
        start = rng.integers(0, max(len(sound) - length, 1))
        part = sound[start : start + length]
        if rng.random() < 0.15:
            part = part[::-1]
        wave[: len(part)] += part * (10 ** rng.uniform(-0.5, 0) if layer else 1)
    return wave


def colour(rng, frequencies: np.ndarray, strength: float) -> np.ndarray:
    """The gain curve of a random microphone or equaliser."""
    octaves = np.log2(np.maximum(frequencies, 30) / 1000)
    gain = octaves * rng.uniform(-2, 2) * strength
    for _ in range(rng.integers(0, 4)):
        bump = np.exp(-0.5 * ((octaves - rng.uniform(-4, 3)) / rng.uniform(0.2, 1.2)) ** 2)
        gain = gain + rng.uniform(-8, 8) * strength * bump
    curve = 10 ** (gain / 20)
    if rng.random() < 0.5:
        curve *= 1 / np.sqrt(1 + (rng.uniform(20, 150) / np.maximum(frequencies, 1)) ** 4)
    if rng.random() < 0.2:
        curve *= 1 / np.sqrt(1 + (frequencies / rng.uniform(3000, 7500)) ** 8)
    return curve.astype(np.float32)


def room(rng) -> np.ndarray:
    """A direct sound and an exponentially dying tail."""
    decay = rng.uniform(0.1, 0.7)
    length = int(RATE * min(decay, 0.5))
    time = np.arange(length) / RATE
    tail = rng.standard_normal(length) * 10 ** (-3 * time / decay)
    kernel = int(rng.integers(1, 6))
    if kernel > 1:
        tail = np.convolve(tail, np.ones(kernel) / kernel, "same")
    tail[: int(RATE * rng.uniform(0.001, 0.015))] = 0
    wet = 10 ** (rng.uniform(-22, 1) / 20)
    tail *= wet / (np.sqrt(np.square(tail).sum()) + 1e-9)
    tail[0] = 1.0
    return tail.astype(np.float32)


def batch(rng, speech: Row, noise: Row, size: int, seconds: float):
    """Returns `(speech, noise)`, each `[size, samples]`; their sum is the mixture."""
    length = int(seconds * RATE)
    padded = length + RATE // 2
    frequencies = np.fft.rfftfreq(padded, 1 / RATE)
    clean = np.stack([speech_crop(rng, speech, length) for _ in range(size)])
    dirty = np.stack([noise_crop(rng, noise, length) for _ in range(size)])
    filters, noise_filters = [], []
    for _ in range(size):
        filter_ = colour(rng, frequencies, 0.7).astype(np.complex64)
        if rng.random() < 0.5:
            filter_ = filter_ * np.fft.rfft(room(rng), padded)
        filters.append(filter_.astype(np.complex64))
        noise_filters.append(colour(rng, frequencies, 1.0).astype(np.complex64))

    def filtered(waves, responses):
        spectrum = torch.fft.rfft(torch.from_numpy(waves), padded)
        spectrum = spectrum * torch.from_numpy(np.stack(responses))
        return torch.fft.irfft(spectrum, padded)[:, :length]

    s, n = filtered(clean, filters), filtered(dirty, noise_filters)
    ratio = torch.from_numpy(rng.triangular(-6, 6, 22, size).astype(np.float32))
    # Levels are taken where there is sound, so that pauses do not change the ratio.
    loud = s.square().view(size, -1, 800).mean(2)
    active = loud > loud.amax(1, keepdim=True) * 0.01
    s_level = ((loud * active).sum(1) / active.sum(1).clamp(min=1)).sqrt().clamp(min=1e-5)
    n_level = n.square().mean(1).sqrt().clamp(min=1e-5)
    n = n * (s_level / n_level * 10 ** (-ratio / 20)).unsqueeze(1)
    kind = rng.random(size)
    only_speech = torch.from_numpy((kind < 0.03).astype(np.float32)).unsqueeze(1)
    only_noise = torch.from_numpy((kind > 0.95).astype(np.float32)).unsqueeze(1)
    s, n = s * (1 - only_noise), n * (1 - only_speech)
    level = torch.from_numpy(10 ** (rng.uniform(-44, -14, size) / 20).astype(np.float32))
    gain = level / (s + n).square().mean(1).sqrt().clamp(min=1e-6)
    gain = torch.minimum(gain, 0.99 / (s + n).abs().amax(1).clamp(min=1e-6)).unsqueeze(1)
    return s * gain, n * gain
