# SPDX-License-Identifier: Apache-2.0
"""Makes spoken sentences sing: WORLD's parameters of their syllables, stretched onto the notes of a melody.

Voices limited to 8 kHz get a made-up upper half.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pyworld
import soundfile

RATE = 44100
PERIOD = 5.0
BINS = 1025


class Speech:
    """Where sentences come from."""

    def __init__(self, rendered: Path | None, recordings: list[Path]):
        self.rendered = rendered
        if rendered:
            self.wave = np.load(f"{rendered}.npy", mmap_mode="r")
            self.index = np.load(f"{rendered}.index.npy")
        self.recordings = [
            sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac")) for folder in recordings
        ]
        self.recordings = [paths for paths in self.recordings if paths]

    def sentences(self, rng, count: int) -> list[tuple[np.ndarray, int]]:
        """`(wave, rate)`, of one voice where files know."""
        source = rng.integers(len(self.recordings) + 1) if rng.random() < 0.75 else 0
        if not self.rendered:
            source = 1
        found = []
        first = rng.integers(1 << 30)
        for number in range(count):
            if source == 0:
                start, length = self.index[(first + number) % len(self.index)]
                found.append((self.wave[start : start + min(length, 7 * 8000)] / 32768.0, 16000))
            else:
                paths = self.recordings[source - 1]
                wave, rate = soundfile.read(paths[(first + number) % len(paths)], always_2d=True)
                found.append((wave[: 7 * rate // 2, 0], rate))
        return found


class Material:
    """One sentence as WORLD's parameters at 44.1 kHz, and its syllables."""

    def __init__(self, wave, rate, rng, warp: float):
        x = np.ascontiguousarray(wave, np.float64)
        x = x / (np.abs(x).max() + 1e-9) + 1e-5 * rng.normal(size=len(x))
        pitch, times = pyworld.dio(x, rate, frame_period=PERIOD, f0_floor=70, f0_ceil=500)
        pitch = pyworld.stonemask(x, pitch, times, rate)
        envelope = np.log(pyworld.cheaptrick(x, pitch, times, rate) + 1e-12)
        aperiodicity = pyworld.d4c(x, pitch, times, rate)
        self.voiced = pitch > 0
        grid = np.arange(BINS) * (RATE / 2 / (BINS - 1)) / warp
        own = np.arange(envelope.shape[1]) * (rate / 2 / (envelope.shape[1] - 1))
        top = min(0.93 * rate / 2, 17000)
        place = np.clip(np.minimum(grid, top) / own[1], 0, len(own) - 1.001)
        low = place.astype(int)
        part = place - low
        resampled = lambda rows: rows[:, low] * (1 - part) + rows[:, low + 1] * part
        over = np.maximum(grid - top, 0) / 1000
        fall = np.where(self.voiced, rng.uniform(0.35, 0.7), rng.uniform(0.1, 0.3))[:, None]
        self.envelope = resampled(envelope) - fall * over
        noise = resampled(aperiodicity)
        self.aperiodicity = np.clip(noise + np.minimum(over / 4, 1) * (1 - noise), 1e-4, 1)
        energy = np.exp(self.envelope[:, :400]).sum(1)
        energy = np.convolve(np.sqrt(energy) * self.voiced, np.hanning(13) / 6, "same")
        peaks = [
            i for i in range(8, len(energy) - 8)
            if energy[i] == energy[max(0, i - 14) : i + 15].max() and energy[i] > 0.12 * energy.max() and self.voiced[i]
        ]  # fmt: skip
        self.syllables = []
        for number, peak in enumerate(peaks):
            before = peaks[number - 1] if number else max(0, peak - 40)
            after = peaks[number + 1] if number + 1 < len(peaks) else min(len(energy) - 1, peak + 40)
            begin = before + int(np.argmin(energy[before : peak + 1]))
            end = peak + int(np.argmin(energy[peak : after + 1]))
            if end - begin >= 8:
                self.syllables.append((begin, peak, max(end, peak + 2)))


@lru_cache(None)
def _frame_noise(seed: int):
    return np.random.default_rng(seed).normal(size=20000)


def sing(phrases, materials, samples: int, rng) -> np.ndarray:
    """A mono voice."""
    out = np.zeros(samples)
    vibrato_rate, vibrato_depth = rng.uniform(4.8, 6.5), rng.uniform(0.0, 0.6)
    breath = rng.uniform(0.6, 1.4)
    glide = int(rng.choice([5, 9, 15, 25]))
    tilt = np.linspace(0, rng.normal(0, 1.2), BINS)
    materials = [m for m in materials if m.syllables]
    if not materials:
        return out
    syllable = rng.integers(1000)
    for phrase in phrases:
        material = materials[rng.integers(len(materials))]
        frames, pitches = [], []
        first = phrase[0][0]
        for start, length, key in phrase:
            missing = int((start - first) * 200) - len(frames)
            if missing > 0 and frames:
                frames.extend([frames[-1]] * missing)
                pitches.extend([pitches[-1]] * missing)
            count = max(8, int(length * 200))
            begin, peak, end = material.syllables[syllable % len(material.syllables)]
            syllable += rng.random() < 0.85
            onset = min(peak - begin, int(0.4 * count))
            coda = min(end - peak, int(0.35 * count))
            held = peak + (end - peak) * 0.35
            frames.extend(
                np.interp(
                    np.arange(count), [0, onset, max(onset + 1, count - coda), count],
                    [peak - onset, peak, held, end],
                ).tolist()
            )  # fmt: skip
            t = np.arange(count) / 200
            shape = vibrato_depth * np.clip((t - 0.2) * 3, 0, 1) * np.sin(2 * np.pi * vibrato_rate * t)
            scoop = -rng.uniform(0, 1.5) * np.exp(-t * 18)
            pitches.extend((key + shape + scoop).tolist())
        place = np.array(frames)
        low = np.clip(place.astype(int), 0, len(material.voiced) - 2)
        part = (place - low)[:, None]
        blend = lambda rows: rows[low] * (1 - part) + rows[low + 1] * part
        pitch = np.convolve(np.pad(pitches, glide, "edge"), np.hanning(2 * glide + 1) / glide, "valid")
        drift = np.convolve(_frame_noise(rng.integers(16))[: len(pitch)], np.ones(9) / 9, "same")
        frequency = 440 * 2 ** ((pitch + 0.12 * drift[: len(pitch)] - 69) / 12)
        frequency[~material.voiced[low]] = 0
        loud = np.interp(np.arange(len(pitch)), [0, 6, len(pitch) - 20, len(pitch)], [0.3, 1, 1, 0.1])
        envelope = np.exp(blend(material.envelope) + tilt) * (loud**2)[:, None]
        wave = pyworld.synthesize(
            frequency, np.ascontiguousarray(envelope),
            np.clip(np.ascontiguousarray(blend(material.aperiodicity)) ** (1 / breath), 1e-5, 1), RATE, PERIOD,
        )  # fmt: skip
        at = max(0, int(first * RATE))
        wave = wave[: samples - at]
        out[at : at + len(wave)] += wave / (np.sqrt(np.square(wave).mean()) + 1e-6)
    return out
