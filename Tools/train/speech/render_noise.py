# SPDX-License-Identifier: Apache-2.0
"""Renders the noise material: synthesised noises of many kinds, babble, and free sound samples.

Needs `speech-*.npy` of render_speech.py in the same folder (babble and speech-shaped noise are made
from them). Writes `noise-{train,valid}.npy` (int16, 16 kHz) with `.index.npy` (start, length, kind).
"""

import argparse
from math import gcd
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import fftconvolve, lfilter, resample_poly

RATE = 16000
LENGTH = 8 * RATE
SAMPLES = Path("/usr/share/sonic-pi/samples")  # CC0 and MIT


def curve(rng, points, length, low, high):
    """A slow random curve between two values."""
    knots = rng.uniform(low, high, points)
    return np.interp(np.linspace(0, points - 1, length), np.arange(points), knots)


def shaped(rng, length=LENGTH, tilt=None):
    """Gaussian noise with a random smooth spectrum: a tilt in dB per octave plus bumps."""
    size = length + RATE
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    octaves = np.log2(np.maximum(frequencies, 20) / 500)
    gain = octaves * (rng.uniform(-9, 2) if tilt is None else tilt)
    for _ in range(rng.integers(0, 6)):
        centre, width = rng.uniform(-4, 4), rng.uniform(0.08, 1.2)
        gain += rng.uniform(-18, 15) * np.exp(-0.5 * ((octaves - centre) / width) ** 2)
    return unit(np.fft.irfft(spectrum * 10 ** (gain / 20), size)[:length])


def unit(wave):
    return wave / (np.sqrt(np.square(wave).mean()) + 1e-9)


def steady(rng):
    wave = shaped(rng)
    for _ in range(rng.integers(0, 4)):
        fade = np.clip(curve(rng, rng.integers(3, 12), LENGTH, -0.5, 1.5), 0, 1)
        wave = wave * (1 - fade) + shaped(rng) * fade
    depth = rng.uniform(0, 12)
    return wave * 10 ** (curve(rng, rng.integers(2, 40), LENGTH, -depth, depth / 2) / 20)


def hum(rng):
    time = np.arange(LENGTH) / RATE
    base = rng.choice([50, 60, 100, 120, rng.uniform(40, 400)])
    drift = np.cumsum(curve(rng, 8, LENGTH, -0.002, 0.002)) / RATE
    wave = np.zeros(LENGTH)
    for partial in range(1, rng.integers(4, 40)):
        if base * partial < 7500:
            wave += rng.exponential() / partial ** rng.uniform(0.3, 1.5) * np.sin(
                2 * np.pi * base * partial * (time + drift) + rng.uniform(0, 6.28)
            )
    return unit(wave) + shaped(rng) * rng.uniform(0.05, 1.5)


def fan(rng):
    time = np.arange(LENGTH) / RATE
    blades = rng.uniform(8, 120)
    modulation = 1 + rng.uniform(0, 0.7) * np.sin(2 * np.pi * blades * time + rng.uniform(0, 6))
    return shaped(rng) * modulation + hum(rng) * rng.uniform(0, 0.6)


def wind(rng):
    gusts = 10 ** (curve(rng, rng.integers(8, 60), LENGTH, -25, 8) / 20)
    return shaped(rng, tilt=rng.uniform(-16, -7)) * gusts + shaped(rng) * rng.uniform(0, 0.1)


def engine(rng):
    speed = rng.uniform(18, 90) * 2 ** curve(rng, rng.integers(2, 10), LENGTH, -0.4, 0.4)
    phase = 2 * np.pi * np.cumsum(speed) / RATE
    wave = np.zeros(LENGTH)
    for partial in range(1, 40):
        wave += rng.exponential() * partial ** rng.uniform(-1.4, -0.4) * np.sin(
            phase * partial * 0.5 + rng.uniform(0, 6.28)
        )
    passing = 10 ** (curve(rng, rng.integers(2, 8), LENGTH, -20, 3) / 20)
    return (unit(wave) + shaped(rng, tilt=rng.uniform(-8, -2)) * rng.uniform(0.3, 3)) * passing


def ring(rng, low=200, high=7000, slowest=0.4):
    """One struck thing: a few decaying partials and a click."""
    length = int(RATE * rng.uniform(0.05, 0.8))
    time = np.arange(length) / RATE
    wave = np.zeros(length)
    for _ in range(rng.integers(2, 9)):
        decay = rng.uniform(0.004, slowest) * rng.uniform(0.1, 1)
        wave += rng.exponential() * np.exp(-time / decay) * np.sin(
            2 * np.pi * np.exp(rng.uniform(np.log(low), np.log(high))) * time
        )
    click = rng.standard_normal(length) * np.exp(-time / rng.uniform(0.0005, 0.03))
    return unit(wave) * rng.uniform(0, 1) + unit(click) * rng.uniform(0.05, 1)


def scattered(rng, make, rate, spread=15.0):
    wave = np.zeros(LENGTH + 8 * RATE)
    for start in np.flatnonzero(rng.random(LENGTH) < rate / RATE):
        event = make()
        wave[start : start + len(event)] += event * 10 ** (rng.uniform(-spread, 0) / 20)
    if not wave.any():
        wave[: RATE // 2] = rng.standard_normal(RATE // 2)
    return wave[:LENGTH]


def clatter(rng):
    pool = [ring(rng) for _ in range(12)]
    return unit(scattered(rng, lambda: pool[rng.integers(12)], rng.uniform(1, 12))) + shaped(
        rng
    ) * rng.uniform(0, 0.3)


def typing(rng):
    pool = [ring(rng, 800, 7500, 0.03)[: RATE // 8] for _ in range(6)]
    return unit(scattered(rng, lambda: pool[rng.integers(6)], rng.uniform(3, 12), 8)) + shaped(
        rng
    ) * rng.uniform(0.02, 0.3)


def rain(rng):
    pool = [ring(rng, 500, 7800, 0.01)[: RATE // 30] for _ in range(20)]
    drops = scattered(rng, lambda: pool[rng.integers(20)], rng.uniform(30, 800), 25)
    return unit(drops) + shaped(rng, tilt=rng.uniform(-3, 3)) * rng.uniform(0.05, 1)


def steps(rng):
    wave = np.zeros(LENGTH + 2 * RATE)
    thud = ring(rng, 40, 900, 0.1)
    at = 0
    gap = rng.uniform(0.3, 1.0)
    while at < LENGTH:
        wave[at : at + len(thud)] += thud * rng.uniform(0.4, 1)
        at += int(RATE * gap * rng.uniform(0.85, 1.15))
    return unit(wave[:LENGTH]) + shaped(rng) * rng.uniform(0.02, 0.3)


def tone(rng, pitch, length):
    time = np.arange(length) / RATE
    wave = np.zeros(length)
    rolloff, vibrato = rng.uniform(0.4, 2.5), rng.uniform(0, 0.006)
    bend = vibrato / 6 * np.sin(2 * np.pi * rng.uniform(4, 7) * time)
    for partial in range(1, 16):
        if pitch * partial < 7600:
            wave += partial**-rolloff * np.sin(
                2 * np.pi * pitch * partial * (time + bend) + rng.uniform(0, 6)
            )
    attack = np.minimum(time / rng.uniform(0.003, 0.2), 1)
    return wave * attack * np.exp(-time / rng.uniform(0.1, 2)) * np.minimum(1, time[::-1] / 0.01)


def music(rng):
    wave = np.zeros(LENGTH + 4 * RATE)
    beat = rng.uniform(0.15, 0.6)
    scale = 110 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16, 19, 24]) / 12)
    scale *= 2 ** rng.uniform(-1, 1.5)
    drums = [ring(rng, 40, 6000, 0.15) for _ in range(3)]
    with_drums = rng.random() < 0.5
    for count in range(int(LENGTH / RATE / beat)):
        start = int(count * beat * RATE)
        for _ in range(rng.integers(0, 4)):
            note = tone(rng, rng.choice(scale), int(RATE * rng.uniform(0.2, 1.5)))
            wave[start : start + len(note)] += note
        if with_drums:
            drum = drums[rng.integers(3)]
            wave[start : start + len(drum)] += drum * rng.uniform(0.3, 2)
    return wave[:LENGTH] + 1e-3 * rng.standard_normal(LENGTH)


def calls(rng):
    """Beeps, alarms, birds: sweeping tones in bursts."""

    def one():
        length = int(RATE * rng.uniform(0.04, 0.5))
        start = np.exp(rng.uniform(np.log(400), np.log(6500)))
        sweep = start * 2 ** np.linspace(0, rng.uniform(-0.8, 0.8), length)
        sweep *= 1 + rng.uniform(0, 0.2) * np.sin(
            2 * np.pi * rng.uniform(5, 60) * np.arange(length) / RATE
        )
        wave = np.sin(2 * np.pi * np.cumsum(np.minimum(sweep, 7600)) / RATE)
        return wave * np.hanning(length) ** rng.uniform(0.2, 1)

    pool = [one() for _ in range(3)]
    return unit(scattered(rng, lambda: pool[rng.integers(3)], rng.uniform(1, 6), 10)) + shaped(
        rng
    ) * rng.uniform(0.05, 0.6)


def room(rng, seconds):
    length = int(RATE * seconds)
    tail = rng.standard_normal(length) * 10 ** (-3 * np.arange(length) / length)
    tail = lfilter([1], [1, -rng.uniform(0, 0.7)], tail)
    tail[0] = np.abs(tail).max() * rng.uniform(1, 4)
    return tail


def talk(rng, speech, length=LENGTH):
    row, index = speech
    parts, total = [], 0
    while total < length:
        start, count = index[rng.integers(len(index))]
        pause = np.zeros(int(RATE * rng.uniform(0, 0.6)))
        parts += [row[start : start + count] / 32768.0, pause]
        total += count + len(pause)
    wave = np.concatenate(parts)
    offset = rng.integers(0, len(wave) - length + 1)
    return wave[offset : offset + length]


def babble(rng, speech):
    wave = np.zeros(LENGTH)
    for _ in range(rng.integers(3, 14)):
        voice = talk(rng, speech) * 10 ** (rng.uniform(-10, 0) / 20)
        wave += fftconvolve(voice, room(rng, rng.uniform(0.2, 1.0)))[:LENGTH]
    return unit(wave) + shaped(rng) * rng.uniform(0, 0.5)


def speech_shaped(rng, speech):
    spectrum = np.abs(np.fft.rfft(talk(rng, speech)))
    spectrum = np.convolve(spectrum, np.hanning(801) / 400, "same")
    wave = unit(np.fft.irfft(np.fft.rfft(rng.standard_normal(LENGTH)) * spectrum, LENGTH))
    if rng.random() < 0.5:
        envelope = np.convolve(np.abs(talk(rng, speech)), np.hanning(1600) / 800, "same")
        wave = wave * (envelope + rng.uniform(0.02, 1) * envelope.mean())
    return wave


def sampled(rng, samples):
    wave = samples[rng.integers(len(samples))]
    wave = resample_poly(wave, int(rng.integers(12, 28)), 20)
    if len(wave) > 2 * RATE and rng.random() < 0.6:
        return np.tile(wave, LENGTH // len(wave) + 1)[:LENGTH] + 1e-4 * rng.standard_normal(LENGTH)
    wave = wave[: 6 * RATE]
    return unit(scattered(rng, lambda: wave, rng.uniform(0.6, 4))) + shaped(rng) * rng.uniform(0, 0.2)


PLAIN = [steady, hum, fan, wind, engine, clatter, typing, rain, steps, music, calls]
KINDS = [make.__name__ for make in PLAIN] + ["babble", "speech_shaped", "sampled", "scene"]
WEIGHTS = [4, 1, 1.5, 1, 2, 1.5, 1, 1, 0.7, 1.5, 1, 4, 2, 2, 5]


def make_noise(rng, kind, materials):
    if kind < len(PLAIN):
        return PLAIN[kind](rng)
    name = KINDS[kind]
    if name == "babble":
        return babble(rng, materials["speech"])
    if name == "speech_shaped":
        return speech_shaped(rng, materials["speech"])
    if name == "sampled":
        return sampled(rng, materials["samples"])
    wave = np.zeros(LENGTH)  # a scene: two to four noises, one of them often voices
    for part in range(rng.integers(2, 5)):
        other = KINDS.index("babble") if part == 0 and rng.random() < 0.5 else None
        if other is None:
            other = rng.choice(len(KINDS) - 1)
        wave += unit(make_noise(rng, other, materials)) * 10 ** (rng.uniform(-12, 0) / 20)
    return fftconvolve(wave, room(rng, rng.uniform(0.1, 0.6)))[:LENGTH]


MATERIALS = {}


def load_materials(folder, name):
    MATERIALS["speech"] = (
        np.load(folder / f"speech-{name}.npy", mmap_mode="r"),
        np.load(folder / f"speech-{name}.index.npy"),
    )
    samples = []
    for path in sorted(SAMPLES.glob("*.flac")):
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
        wave = wave.mean(1)[: rate * 10]
        divisor = gcd(RATE, rate)
        wave = resample_poly(wave, RATE // divisor, rate // divisor)
        if len(wave) > 800 and np.abs(wave).max() > 1e-3:
            samples.append(unit(wave))
    MATERIALS["samples"] = samples


def one(seed):
    rng = np.random.default_rng([7, seed])
    weights = np.array(WEIGHTS) / sum(WEIGHTS)
    kind = int(rng.choice(len(KINDS), p=weights))
    wave = make_noise(rng, kind, MATERIALS)
    wave = unit(wave - wave.mean()) * 0.08
    return kind, np.clip(np.round(wave * 32767), -32767, 32767).astype(np.int16)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    count = 120 if arguments.quick else 1400
    for name, seeds in [("train", range(count)), ("valid", range(100_000, 100_080))]:
        load_materials(arguments.folder, name)
        with Pool(2) as pool:
            made = list(pool.imap(one, seeds, chunksize=4))
        np.save(arguments.folder / f"noise-{name}.npy", np.concatenate([wave for _, wave in made]))
        index = [[place * LENGTH, LENGTH, kind] for place, (kind, _) in enumerate(made)]
        np.save(arguments.folder / f"noise-{name}.index.npy", np.array(index))
        print(f"noise {name}: {len(made) * LENGTH / RATE / 3600:.2f} h", flush=True)


if __name__ == "__main__":
    main()
