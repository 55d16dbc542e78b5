# SPDX-License-Identifier: Apache-2.0
"""What studios do to sounds, on float32 `[samples, 2]` at 44.1 kHz."""

import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, sosfilt

RATE = 44100


def level(wave) -> float:
    """The power of the parts that sound."""
    frames = len(wave) // 4410
    if frames == 0:
        return 0.0
    power = np.square(wave[: frames * 4410]).reshape(frames, -1).mean(1)
    active = power[power > power.max() * 1e-3]
    return float(np.sqrt(active.mean())) if len(active) and power.max() > 1e-12 else 0.0


def at_level(wave, decibels: float):
    now = level(wave)
    return wave * (10 ** (decibels / 20) / now) if now > 0 else wave


def peaking(wave, frequency, gain, q):
    a = 10 ** (gain / 40)
    w = 2 * np.pi * frequency / RATE
    alpha = np.sin(w) / (2 * q)
    b = np.array([1 + alpha * a, -2 * np.cos(w), 1 - alpha * a])
    c = np.array([1 + alpha / a, -2 * np.cos(w), 1 - alpha / a])
    return lfilter(b / c[0], c / c[0], wave, 0).astype(np.float32)


def random_equaliser(wave, rng, strength=4.0):
    for _ in range(rng.integers(1, 4)):
        frequency = np.exp(rng.uniform(np.log(80), np.log(12000)))
        wave = peaking(wave, frequency, rng.normal(0, strength), rng.uniform(0.4, 2))
    return wave


def highpass(wave, frequency, order=2):
    return sosfilt(butter(order, frequency, "high", fs=RATE, output="sos"), wave, 0).astype(np.float32)


def lowpass(wave, frequency, order=2):
    return sosfilt(butter(order, frequency, "low", fs=RATE, output="sos"), wave, 0).astype(np.float32)


def saturated(wave, drive: float, bias: float = 0.0):
    """A soft clipper; `drive` in dB over a sound of usual level."""
    gain = 10 ** (drive / 20) / max(level(wave), 1e-6) * 0.3
    return (np.tanh(wave * gain + bias) - np.tanh(bias)).astype(np.float32)


def amplified(wave, rng, drive: float):
    """A guitar amplifier: drive, clipping, a loudspeaker."""
    wave = highpass(wave, rng.uniform(70, 200))
    wave = saturated(wave, drive, rng.uniform(0, 0.3))
    wave = peaking(wave, rng.uniform(300, 900), rng.uniform(-6, 3), 0.8)
    wave = peaking(wave, rng.uniform(1800, 3500), rng.uniform(0, 7), 1.0)
    return lowpass(highpass(wave, 80), rng.uniform(3800, 7500), 4)


def compressed(wave, ratio: float, threshold=-18.0, attack=0.01, release=0.15):
    """Works on blocks of 64 samples, which is quick and near enough."""
    block = 64
    count = (len(wave) + block - 1) // block
    padded = np.zeros((count * block, 2), np.float32)
    padded[: len(wave)] = wave
    peaks = np.abs(padded).max(1).reshape(count, block).max(1)
    over = np.maximum(20 * np.log10(peaks + 1e-6) - threshold, 0) * (1 - 1 / ratio)
    rise, fall = np.exp(-block / RATE / attack), np.exp(-block / RATE / release)
    smooth = np.empty(count)
    now = 0.0
    for index, value in enumerate(over.tolist()):
        k = rise if value > now else fall
        now = k * now + (1 - k) * value
        smooth[index] = now
    gain = np.interp(np.arange(count * block), np.arange(count) * block + block / 2, 10 ** (-smooth / 20))
    return wave * gain[: len(wave), None].astype(np.float32)


def impulse_response(rng, seconds: float):
    count = int(seconds * 1.2 * RATE)
    t = np.arange(count) / RATE
    tail = rng.normal(size=(count, 2)) * np.exp(-6.9 * t / seconds)[:, None]
    dull = lowpass(tail, rng.uniform(1500, 6000), 1)
    share = np.exp(-t / (0.3 * seconds))[:, None]
    tail = share * tail + (1 - share) * dull
    delay = int(rng.uniform(0, 0.04) * RATE)
    response = np.zeros((count + delay, 2))
    response[delay:] = highpass(tail, 150, 1)
    for _ in range(rng.integers(0, 8)):
        at = rng.integers(1, max(2, int(0.05 * RATE)))
        response[at] += rng.normal(size=2) * 3
    return (response / np.sqrt(np.square(response).sum(0).mean())).astype(np.float32)


def reverberated(wave, rng, wet: float, seconds: float):
    tail = fftconvolve(wave, impulse_response(rng, seconds), axes=0)[: len(wave)]
    return (wave + wet * tail).astype(np.float32)


def delayed(wave, time: float, feedback: float, wet: float, swaps: bool):
    step = int(time * RATE)
    out = wave.copy()
    echo = wave
    for repeat in range(4):
        gain = wet * feedback**repeat
        if gain < 0.02 or step * (repeat + 1) >= len(wave):
            break
        shifted = np.zeros_like(wave)
        shifted[step * (repeat + 1) :] = echo[: len(wave) - step * (repeat + 1)]
        out += gain * (shifted[:, ::-1] if swaps and repeat % 2 else shifted)
    return out


def doubled(wave, rng, depth=1.0):
    """A chorus: a slightly late copy whose lateness wanders, opposite at both sides."""
    t = np.arange(len(wave))
    late = (0.012 + 0.004 * np.sin(2 * np.pi * rng.uniform(0.2, 1.2) * t / RATE)) * RATE
    copy = [np.interp(t - late * (1 + 0.2 * c), t, wave[:, c]) for c in (0, 1)]
    return (wave + depth * 0.7 * np.stack(copy, 1) * np.array([1, -1])).astype(np.float32)


def panned(wave, position: float, width: float):
    """`position` from −1 to 1; `width` of 0 makes it mono first."""
    mid, side = wave.mean(1), (wave[:, 0] - wave[:, 1]) / 2 * width
    angle = (position + 1) * np.pi / 4
    gains = np.sqrt(2) * np.array([np.cos(angle), np.sin(angle)])
    return np.stack([mid * gains[0] + side, mid * gains[1] - side], 1).astype(np.float32)
