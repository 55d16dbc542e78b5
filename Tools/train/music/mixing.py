# SPDX-License-Identifier: Apache-2.0
"""Training mixtures out of rendered stems: of one song, or of stems that never met."""

import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from network import RATE, SOURCES, Shape, spectra


class Material:
    """Rendered songs, which may still be growing in number."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name = folder, name
        while not (folder / f"{name}.songs.npy").exists():
            time.sleep(5)
        self.stems = np.load(folder / f"{name}.npy", mmap_mode="r")
        self.look()

    def look(self):
        self.songs = np.load(self.folder / f"{self.name}.songs.npy")

    def crop(self, stem: int, song: int, place: float, samples: int) -> np.ndarray:
        """`[2, samples]`; `place` from 0 to 1."""
        start, length = self.songs[song]
        first = start + int(place * (length - samples))
        return self.stems[stem, first : first + samples].T.astype(np.float32) / 32768


def equaliser(rng, rows: int, strength: float) -> np.ndarray:
    """A smooth gain over frequency, `[rows]`."""
    octave = np.log2(np.arange(rows) + 4) - 2
    curve = np.zeros(rows)
    for _ in range(3):
        curve += rng.normal(0, strength) * np.cos(octave * rng.uniform(0.2, 2.0) + rng.uniform(0, 6.3))
    return 10 ** (curve / 20)


def example(material: Material, rng, shape: Shape, frames: int) -> torch.Tensor:
    """The sources' spectra `[S, 2, F, T]`."""
    samples = (frames + 3) * shape.fft // 4
    is_song = rng.random() < 0.5
    song, place = rng.integers(len(material.songs)), rng.random()
    speed = np.exp(rng.normal(0, 0.08))
    waves = []
    for stem in range(len(SOURCES)):
        if not is_song:
            song, place = rng.integers(len(material.songs)), rng.random()
            speed = np.exp(rng.normal(0, 0.1))
        speed = float(np.clip(speed, 0.75, 1.33))
        wave = torch.from_numpy(material.crop(stem, song, place, int(samples * speed) + 1))
        wave = F.interpolate(wave[None], samples, mode="linear")[0]
        gain = 10 ** (rng.normal(0, 3.0) / 20) * rng.choice([-1, 1])
        if rng.random() < 0.08:
            gain = 0
        if rng.random() < 0.1:
            wave = wave.mean(0, keepdim=True).expand(2, -1)
        if rng.random() < 0.5:
            wave = wave.flip(0)
        waves.append(wave * gain)
    waves = torch.stack(waves)
    if rng.random() < 0.3:
        # A mastered mix: the limiter's gain is every source's.
        mix = waves.sum(0)
        loud = mix * float(rng.uniform(1, 3)) / (mix.square().mean().sqrt() * 4 + 1e-6)
        waves = waves * (torch.tanh(loud) / torch.where(loud.abs() < 1e-4, 1e-4, loud)).where(loud.abs() > 1e-4, 1)
    z = spectra(waves, shape)
    rows = z.shape[2]
    common = equaliser(rng, rows, 1.0)
    if rng.random() < 0.15:
        edge = int(rng.uniform(10000, 17000) / RATE * shape.fft)
        common[edge:] *= 10 ** -rng.uniform(1, 3)
    curves = np.stack([common * equaliser(rng, rows, 1.6) for _ in SOURCES])
    return z * torch.from_numpy(curves.astype(np.float32))[:, None, :, None]


def batch(material: Material, rng, shape: Shape, size: int, frames: int) -> torch.Tensor:
    return torch.stack([example(material, rng, shape, frames) for _ in range(size)])
