# SPDX-License-Identifier: Apache-2.0
"""Sound sources: General MIDI through libfluidsynth, oscillators, and drum samples.

All sounds are float32 `[samples, 2]` at 44.1 kHz. A note is `(start, length, key, velocity)`, in seconds, MIDI
keys and 1 to 127.
"""

import ctypes
import ctypes.util
import re
from functools import lru_cache
from math import gcd
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import lfilter, resample_poly

RATE = 44100
SOUNDFONTS = {
    "fluid": "/usr/share/sounds/sf2/FluidR3_GM.sf2",
    "musescore": "/usr/share/sounds/sf3/MuseScore_General_Full.sf3",
    "tim": "/usr/share/sounds/sf2/TimGM6mb.sf2",
}


class SoundFont:
    """One loaded soundfont."""

    def __init__(self, path: str):
        self.library = ctypes.CDLL(ctypes.util.find_library("fluidsynth"))
        for name in ("new_fluid_settings", "new_fluid_synth"):
            getattr(self.library, name).restype = ctypes.c_void_p
        settings = ctypes.c_void_p(self.library.new_fluid_settings())
        self.library.fluid_settings_setnum(settings, b"synth.sample-rate", ctypes.c_double(RATE))
        self.library.fluid_settings_setnum(settings, b"synth.gain", ctypes.c_double(0.5))
        self.library.fluid_settings_setint(settings, b"synth.polyphony", 96)
        self.library.fluid_settings_setint(settings, b"synth.reverb.active", 0)
        self.library.fluid_settings_setint(settings, b"synth.chorus.active", 0)
        self.synth = ctypes.c_void_p(self.library.new_fluid_synth(settings))
        self.font = self.library.fluid_synth_sfload(self.synth, path.encode(), 1)
        assert self.font >= 0, path

    def render(self, notes, samples: int, program: int, bank: int = 0) -> np.ndarray:
        channel = 9 if bank == 128 else 0
        call = self.library
        call.fluid_synth_system_reset(self.synth)
        call.fluid_synth_program_select(self.synth, channel, self.font, bank, program)
        events = []
        for start, length, key, velocity in notes:
            events.append((int(start * RATE), 1, int(key), int(np.clip(velocity, 1, 127))))
            events.append((int((start + length) * RATE), 0, int(key), 0))
        events.sort()
        out = np.zeros((samples, 2), np.float32)
        position = 0

        def write(until: int):
            nonlocal position
            count = min(until, samples) - position
            if count <= 0:
                return
            left = out[position:].ctypes.data_as(ctypes.c_void_p)
            call.fluid_synth_write_float(self.synth, count, left, 0, 2, left, 1, 2)
            position += count

        for at, kind, key, velocity in events:
            write(at)
            if kind:
                call.fluid_synth_noteon(self.synth, channel, key, velocity)
            else:
                call.fluid_synth_noteoff(self.synth, channel, key)
        write(samples)
        return out


@lru_cache(None)
def soundfont(name: str) -> SoundFont:
    return SoundFont(SOUNDFONTS[name])


# MARK: oscillators


def saw(phase, increment):
    """A band-limited sawtooth (polynomial step correction)."""
    t = phase % 1.0
    y = 2 * t - 1
    low = t < increment
    u = t[low] / increment[low]
    y[low] -= u + u - u * u - 1
    high = t > 1 - increment
    u = (t[high] - 1) / increment[high]
    y[high] -= u * u + u + u + 1
    return y


def synth_patch(rng: np.random.Generator, kind: str) -> dict:
    """A random synthesiser setting; `kind` is bass, lead, pad or pluck."""
    fast = kind in ("bass", "pluck")
    return {
        "wave": rng.choice(["saw", "square", "fm", "sine", "mix"], p=[0.35, 0.25, 0.15, 0.05, 0.2]),
        "voices": int(rng.choice([1, 2, 3])) if kind == "bass" else int(rng.choice([1, 2, 3, 5, 7])),
        "detune": rng.uniform(0.02, 0.25),
        "width": 0.0 if kind == "bass" else rng.uniform(0, 1),
        "attack": rng.uniform(0.002, 0.02) if kind != "pad" else rng.uniform(0.05, 0.6),
        "decay": rng.uniform(0.08, 0.5) if fast else rng.uniform(0.4, 2.0),
        "sustain": rng.uniform(0.0, 0.4) if kind == "pluck" else rng.uniform(0.4, 1.0),
        "release": rng.uniform(0.02, 0.1) if fast else rng.uniform(0.05, 0.5),
        "cutoff": np.exp(rng.uniform(np.log(150 if kind == "bass" else 600), np.log(9000))),
        "sweep": rng.uniform(0, 4) if rng.random() < 0.7 else 0.0,
        "sweep_time": rng.uniform(0.05, 0.5),
        "resonance": rng.uniform(0.3, 0.9),
        "ratio": rng.choice([0.5, 1, 2, 3, 4, 7]),
        "index": rng.uniform(0.5, 5),
        "vibrato": rng.uniform(0, 0.3) if kind == "lead" else 0.0,
        "sub": rng.uniform(0, 0.8) if kind == "bass" else 0.0,
    }


def synthesise(notes, samples: int, patch: dict, rng: np.random.Generator) -> np.ndarray:
    out = np.zeros((samples, 2), np.float32)
    for start, length, key, velocity in notes:
        first = int(start * RATE)
        count = min(int((length + patch["release"]) * RATE), samples - first)
        if count < 64:
            continue
        t = np.arange(count) / RATE
        frequency = 440 * 2 ** ((key - 69) / 12)
        wave = np.zeros((count, 2))
        for voice in range(patch["voices"]):
            spread = (voice - (patch["voices"] - 1) / 2) / max(patch["voices"], 2)
            f = frequency * 2 ** (spread * patch["detune"] / 3)
            bend = patch["vibrato"] / 12 * np.sin(2 * np.pi * 5.5 * t) * np.minimum(t * 2, 1)
            step = f / RATE * 2 ** bend
            phase = np.cumsum(step) + rng.random()
            if patch["wave"] == "saw":
                y = saw(phase, step)
            elif patch["wave"] == "square":
                y = saw(phase, step) - saw(phase + 0.5, step)
            elif patch["wave"] == "fm":
                depth = patch["index"] * np.exp(-t / patch["decay"])
                y = np.sin(2 * np.pi * (phase + depth / 6 * np.sin(2 * np.pi * patch["ratio"] * phase)))
            elif patch["wave"] == "sine":
                y = np.sin(2 * np.pi * phase)
            else:
                y = 0.6 * saw(phase, step) + 0.5 * np.sin(2 * np.pi * phase)
            pan = 0.5 + 0.5 * patch["width"] * spread * 2
            wave[:, 0] += y * np.cos(pan * np.pi / 2)
            wave[:, 1] += y * np.sin(pan * np.pi / 2)
        if patch["sub"]:
            wave += patch["sub"] * np.sin(2 * np.pi * np.cumsum(np.full(count, frequency / RATE)))[:, None]
        wave = swept_lowpass(wave, patch, velocity)
        attack = np.minimum(t / patch["attack"], 1)
        body = patch["sustain"] + (1 - patch["sustain"]) * np.exp(-t / patch["decay"])
        release = np.clip(1 - (t - length) / patch["release"], 0, 1)
        wave *= (attack * body * release)[:, None] * (velocity / 127) / patch["voices"] ** 0.5
        out[first : first + count] += 0.25 * wave
    return out


def swept_lowpass(wave, patch, velocity):
    """A resonant low-pass whose cutoff falls, in blocks of constant coefficients."""
    block = 1024
    state = np.zeros((2, 2))
    out = np.empty_like(wave)
    for first in range(0, len(wave), block):
        envelope = np.exp(-first / RATE / patch["sweep_time"])
        cutoff = patch["cutoff"] * 2 ** (patch["sweep"] * envelope + (velocity - 100) / 60)
        w = 2 * np.pi * min(cutoff, 16000) / RATE
        alpha = np.sin(w) / (2 * (0.5 + 3 * patch["resonance"] ** 3))
        cosine = np.cos(w)
        b = np.array([(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2]) / (1 + alpha)
        a = np.array([1, -2 * cosine / (1 + alpha), (1 - alpha) / (1 + alpha)])
        out[first : first + block], state = lfilter(b, a, wave[first : first + block], 0, state)
    return out


# MARK: drum samples

ROLES = {
    "kick": r"kick|bass[ _-]?drum|^bd|_bd_|thump|^b[dk]\d",
    "snare": r"snare|^sn|^sd|^sr|_sn_|sd\d",
    "clap": r"clap",
    "rim": r"rim|side[ _-]?stick|^rs|stick",
    "open": r"open|ohh|_op|hat.*op|^ho[_ ]|hihat.*op|^oh",
    "closed": r"clos|chh|hat|^hh|_hh|hihat|^ch",
    "crash": r"crash|^cc|splash|china|cymbal_hard|^cra",
    "ride": r"ride|^rd|^rc|cymbal_soft",
    "tom": r"tom|^t\d|^ft",
    "percussion": r"conga|bongo|shaker|tamb|cowbell|agogo|clave|djembe|tabla|perc|wood|snap|cabasa|guiro|maraca|triangle",
}


def role_of(name: str) -> str | None:
    for role, pattern in ROLES.items():
        if re.search(pattern, name.lower()):
            return role
    return None


@lru_cache(None)
def drum_kits() -> list[dict[str, list[str]]]:
    """Paths by role, for each folder of samples."""
    folders = sorted(Path("/usr/share/hydrogen/data/drumkits").glob("*"))
    folders += [Path("/usr/share/lmms/samples/drums"), Path("/usr/share/sonic-pi/samples")]
    kits = []
    for folder in folders:
        kit: dict[str, list[str]] = {}
        for path in sorted(folder.glob("*")):
            role = role_of(path.stem) if path.suffix in (".wav", ".flac", ".ogg", ".aiff") else None
            if role and not re.search(r"^loop|demo|^ambi|^bass_|beat", path.stem.lower()):
                kit.setdefault(role, []).append(str(path))
        if kit:
            kits.append(kit)
    return kits


@lru_cache(1500)
def sample(path: str) -> np.ndarray:
    try:
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:
        return np.zeros((64, 2), np.float32)
    wave = wave[: rate * 4, [0, -1]]
    if rate != RATE:
        divisor = gcd(RATE, rate)
        wave = resample_poly(wave, RATE // divisor, rate // divisor).astype(np.float32)
    peak = np.abs(wave).max() if len(wave) else 0
    return wave / peak if peak > 1e-4 else np.zeros((64, 2), np.float32)


def random_kit(rng: np.random.Generator, is_electronic: bool) -> dict[str, list[np.ndarray]]:
    """One sound, or a few for the strokes of a hand, for every role; mostly out of one folder."""
    kits = drum_kits()
    electronic = [k for k in kits if len(k) >= 3]
    home = electronic[rng.integers(len(electronic))]
    chosen = {}
    for role in ROLES:
        source = home
        if role not in home or rng.random() < (0.5 if is_electronic else 0.15):
            having = [k for k in kits if role in k]
            source = having[rng.integers(len(having))]
        paths = source[role]
        first = rng.integers(len(paths))
        count = int(rng.integers(1, 4))
        pitch = 2 ** rng.uniform(-0.35, 0.35)
        sounds = []
        for path in paths[first : first + count]:
            wave = sample(path)
            at = np.arange(0, len(wave) - 1, pitch)[: 4 * RATE]
            wave = np.stack([np.interp(at, np.arange(len(wave)), wave[:, c]) for c in (0, 1)], 1)
            decay = np.exp(-np.arange(len(wave)) / RATE / rng.choice([0.08, 0.2, 0.6, 4]))
            sounds.append((wave * decay[:, None] if role != "crash" else wave).astype(np.float32))
        chosen[role] = sounds
    if is_electronic or rng.random() < 0.15:
        chosen["kick"] = [electric_kick(rng)] if rng.random() < 0.5 else chosen["kick"]
        chosen["snare"] = [electric_snare(rng)] if rng.random() < 0.3 else chosen["snare"]
    return chosen


def electric_kick(rng) -> np.ndarray:
    t = np.arange(int(RATE * 0.6)) / RATE
    sweep = rng.uniform(40, 60) + rng.uniform(60, 300) * np.exp(-t * rng.uniform(20, 70))
    y = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) * np.exp(-t * rng.uniform(4, 15))
    y += rng.uniform(0, 0.5) * rng.normal(size=len(t)) * np.exp(-t * 400)
    y = np.tanh(y * rng.uniform(1, 4))
    return np.repeat((y / np.abs(y).max())[:, None], 2, 1).astype(np.float32)


def electric_snare(rng) -> np.ndarray:
    t = np.arange(int(RATE * 0.5)) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(150, 260) * t * (1 + 0.3 * np.exp(-t * 40))) * np.exp(-t * 25)
    noise = rng.normal(size=(len(t), 2)) * np.exp(-t * rng.uniform(8, 30))[:, None]
    y = rng.uniform(0.3, 1) * tone[:, None] + rng.uniform(0.2, 0.6) * noise
    return (y / np.abs(y).max()).astype(np.float32)


def play_samples(hits, samples: int, kit, rng: np.random.Generator) -> np.ndarray:
    """`hits` are `(start, role, strength)`."""
    out = np.zeros((samples + 4 * RATE, 2), np.float32)
    pans = {role: rng.uniform(-0.6, 0.6) if role not in ("kick", "snare") else rng.uniform(-0.1, 0.1) for role in ROLES}
    gains = {role: 10 ** (rng.normal(0, 2.5) / 20) for role in ROLES}
    for role, offset in [("closed", -9), ("open", -8), ("ride", -9), ("crash", -5), ("percussion", -7), ("rim", -4), ("tom", -2)]:
        gains[role] *= 10 ** (offset / 20)
    for start, role, strength in hits:
        sounds = kit[role]
        wave = sounds[rng.integers(len(sounds))]
        first = int(start * RATE)
        if first >= samples or first < 0:
            continue
        angle = (pans[role] + 1) * np.pi / 4
        gain = gains[role] * strength * 1.4
        out[first : first + len(wave)] += wave * np.array([np.cos(angle), np.sin(angle)], np.float32) * gain
    return out[:samples]
