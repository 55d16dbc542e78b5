# SPDX-License-Identifier: Apache-2.0
"""Renders made-up songs, four stems each.

Writes `<out>/<set>.npy`, int16 `[stems, samples, 2]` with songs behind each other, and `<out>/<set>.songs.npy`,
rows of start and length. Sets: `train`, `valid` (other songs).
"""

import argparse
import os
import time
from multiprocessing import Pool
from pathlib import Path

import numpy as np

import effects as fx
import instruments
from singing import Material, Speech, sing
from songs import BASSES, GUITARS, KEYS, MALLETS, PADS, STRINGS, SYNTHS, WINDS, compose

RATE = 44100
STEMS = ["drums", "bass", "other", "vocals"]


# An example that is given away is played by these alone (MIT), without drum samples.
PERMISSIVE = ["fluid"]


def general_midi(notes, samples, programs, rng, fonts=None):
    name = rng.choice(fonts or ["fluid", "fluid", "musescore", "musescore", "tim"])
    return instruments.soundfont(name).render(notes, samples, int(rng.choice(programs)))


def render_drums(song, samples, rng, fonts):
    electronic = song.genre in ("electronic", "hiphop") or (song.genre == "pop" and rng.random() < 0.4)
    if rng.random() < 0.65 and not fonts:
        wave = instruments.play_samples(song.hits, samples, instruments.random_kit(rng, electronic), rng)
    else:
        keys = {
            "kick": [35, 36], "snare": [38, 40], "clap": [39], "rim": [37], "open": [46], "closed": [42, 44],
            "crash": [49, 57, 55], "ride": [51, 59, 53], "tom": [41, 43, 45, 47, 48, 50],
            "percussion": [54, 56, 60, 61, 62, 63, 64, 69, 70, 75, 76],
        }  # fmt: skip
        fixed = {role: rng.choice(options) for role, options in keys.items()}
        notes = [
            (max(0, start), 0.3, rng.choice(keys[role]) if role == "tom" else fixed[role], 35 + 90 * strength)
            for start, role, strength in song.hits
        ]
        kits = {
            "fluid": [0, 8, 16, 24, 25, 32, 40], "musescore": [0, 8, 16, 24, 25, 32, 40], "tim": [0, 8, 16, 24, 25, 32, 40],
        }  # fmt: skip
        name = rng.choice(fonts or list(kits))
        preferred = [24, 25] if electronic and rng.random() < 0.7 else [0, 0, 8, 16, 32, 40]
        wave = instruments.soundfont(name).render(notes, samples, int(rng.choice(preferred)), bank=128)
    wave = fx.random_equaliser(wave, rng, 3)
    if rng.random() < 0.6:
        wave = fx.compressed(fx.at_level(wave, -20), rng.uniform(2, 6), -24, rng.uniform(0.003, 0.03))
    if rng.random() < 0.3:
        wave = fx.saturated(wave, rng.uniform(-6, 8))
    if rng.random() < 0.75:
        wave = fx.reverberated(wave, rng, rng.uniform(0.02, 0.35), rng.uniform(0.2, 1.6))
    return fx.panned(wave, rng.normal(0, 0.05), rng.uniform(0.4, 1.3))


def render_bass(song, samples, rng, fonts):
    synthetic = {"electronic": 0.7, "hiphop": 0.6, "pop": 0.3}.get(song.genre, 0.12)
    if rng.random() < synthetic:
        wave = instruments.synthesise(song.bass, samples, instruments.synth_patch(rng, "bass"), rng)
    else:
        wave = general_midi(song.bass, samples, BASSES, rng, fonts)
    wave = fx.random_equaliser(wave, rng, 3)
    if rng.random() < 0.35:
        wave = fx.saturated(wave, rng.uniform(-8, 12))
        wave = fx.lowpass(wave, rng.uniform(1500, 6000))
    if rng.random() < 0.6:
        wave = fx.compressed(fx.at_level(wave, -18), rng.uniform(2, 6), -22)
    if rng.random() < 0.12:
        wave = fx.doubled(wave, rng, 0.5)
    return fx.panned(wave, rng.normal(0, 0.03), rng.uniform(0, 0.6))


def render_part(part, samples, rng, fonts):
    kind, notes = part.kind, part.notes
    is_synthetic = kind in ("synth", "pluck", "lead", "pad") and rng.random() < 0.7
    if is_synthetic:
        patch = instruments.synth_patch(rng, {"synth": rng.choice(["lead", "pluck", "pad"])}.get(kind, kind))
        wave = instruments.synthesise(notes[:260], samples, patch, rng)
    else:
        programs = {
            "keys": KEYS, "organ": [16, 17, 18, 19], "guitar": GUITARS, "distorted": [27, 26, 28, 29, 30, 25],
            "strings": STRINGS, "winds": WINDS, "lead": SYNTHS + [29, 30], "pad": PADS + [48, 50], "synth": SYNTHS + PADS,
            "pluck": MALLETS + [5, 7, 45], "mallets": MALLETS,
        }[kind]  # fmt: skip
        wave = general_midi(notes, samples, programs, rng, fonts)
    if kind == "distorted" or (kind in ("lead", "organ", "guitar") and rng.random() < 0.25):
        wave = fx.amplified(wave, rng, rng.uniform(6, 34) if kind == "distorted" else rng.uniform(-6, 14))
        if kind == "distorted" and rng.random() < 0.5:
            # Double-tracked, hard left and right.
            other = np.zeros_like(wave)
            late = int(rng.uniform(0.008, 0.03) * RATE)
            other[late:] = wave[:-late]
            other = fx.random_equaliser(other, rng, 4)
            wave = np.stack([wave.mean(1), other.mean(1)], 1)
    wave = fx.random_equaliser(wave, rng, 4)
    if rng.random() < 0.25:
        wave = fx.doubled(wave, rng, rng.uniform(0.3, 1))
    if rng.random() < 0.25:
        wave = fx.delayed(wave, 60 / 120 * rng.choice([0.5, 0.75, 1]), 0.5, rng.uniform(0.1, 0.4), rng.random() < 0.5)
    if rng.random() < 0.65:
        wave = fx.reverberated(wave, rng, rng.uniform(0.05, 0.6), rng.uniform(0.4, 2.5))
    wave = fx.highpass(wave, rng.uniform(40, 160))
    return fx.at_level(fx.panned(wave, float(np.clip(rng.normal(0, 0.4), -0.9, 0.9)), rng.uniform(0.3, 1.3)), rng.normal(-20, 3.5))


def render_vocals(song, samples, rng, speech):
    warp = rng.uniform(0.86, 1.25)
    spoken = song.genre == "hiphop" and rng.random() < 0.5
    sentences = speech.sentences(rng, 8 if spoken else 2)
    total = np.zeros((samples, 2), np.float32)
    if spoken:
        at = rng.uniform(0, 2)
        materials = []
        for wave, rate in sentences:
            material = Material(wave, rate, rng, warp)
            # Rapping: each sentence in its own rhythm and melody, from the top.
            count = len(material.voiced)
            if material.syllables:
                key = rng.uniform(43, 62)
                phrase = [(at + b / 200, (e - b) / 200, key + rng.normal(0, 1.5)) for b, _, e in material.syllables]
                total += sing([phrase], [material], samples, rng)[:, None].astype(np.float32)
            at += count / 200 + rng.uniform(0.1, 1.5)
            if at > song.seconds - 5:
                break
    else:
        materials = [Material(wave, rate, rng, warp) for wave, rate in sentences]
        for number, voice in enumerate(song.melodies):
            for track in range(1 + (number == 0 and rng.random() < 0.25)):
                wave = sing(voice, materials, samples, rng)
                spread = rng.uniform(-0.8, 0.8) if number + track else rng.normal(0, 0.08)
                gain = 0.6 if number + track else 1
                total += gain * fx.panned(np.repeat(wave[:, None], 2, 1), spread, 0)
    total = fx.highpass(total, rng.uniform(70, 160))
    total = fx.random_equaliser(total, rng, 4)
    if rng.random() < 0.8:
        total = fx.compressed(fx.at_level(total, -18), rng.uniform(2, 8), -24)
    if rng.random() < 0.3:
        total = fx.saturated(total, rng.uniform(-10, 4))
    if rng.random() < 0.35:
        total = fx.delayed(total, 60 / song.tempo * rng.choice([0.25, 0.5, 0.75, 1]), 0.5, rng.uniform(0.08, 0.35), rng.random() < 0.6)
    if rng.random() < 0.85:
        total = fx.reverberated(total, rng, rng.uniform(0.05, 0.5), rng.uniform(0.4, 2.8))
    return total


def render_song(job):
    seed, seconds, speech = job
    try:
        return seed, stems_of(seed, seconds, speech)
    except Exception as error:  # one song of hundreds is no reason to lose the others
        print(f"song {seed} left out: {error!r}", flush=True)
        return seed, None


def stems_of(seed: int, seconds: float, speech: Speech, fonts: list[str] | None = None) -> np.ndarray:
    """`[stems, samples, 2]`; `fonts` are soundfonts that alone are allowed."""
    rng = np.random.default_rng(seed)
    samples = int(seconds * RATE)
    song = compose(rng, seconds)
    stems = np.zeros((4, samples, 2), np.float32)
    stems[0] = fx.at_level(render_drums(song, samples, rng, fonts), rng.normal(-18, 2))
    stems[1] = fx.at_level(render_bass(song, samples, rng, fonts), rng.normal(-19, 2))
    for part in song.parts:
        stems[2] += render_part(part, samples, rng, fonts)
    stems[2] = fx.at_level(stems[2], rng.normal(-18, 2))
    stems[3] = fx.at_level(render_vocals(song, samples, rng, speech), rng.normal(-17.5, 2))
    stems = np.nan_to_num(stems)
    peak = max(np.abs(stems.sum(0)).max(), np.abs(stems).max())
    return np.round(stems * (32000 / max(peak, 1))).astype(np.int16)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--speech", type=Path, required=True, help="what the speech model's render_speech.py made: FOLDER/speech-train")
    parser.add_argument("--recordings", type=Path, nargs="*", default=[], help="folders of recorded voices")
    parser.add_argument("--songs", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    songs = 6 if arguments.quick else arguments.songs
    speech = Speech(arguments.speech, arguments.recordings)
    samples = int(arguments.seconds * RATE)
    began = time.time()
    for name in instruments.SOUNDFONTS:
        instruments.soundfont(name)  # half a minute, once for all processes
    with Pool(arguments.processes) as pool:
        for name, count, first in [("valid", max(2, songs // 25), 1_000_000), ("train", songs, 0)]:
            shape = (4, count * samples, 2)
            target = np.lib.format.open_memmap(arguments.out / f"{name}.npy", "w+", np.int16, shape)
            jobs = [(first + number, arguments.seconds, speech) for number in range(count)]
            done = []
            for seed, stems in pool.imap(render_song, jobs):
                if stems is None:
                    continue
                number = len(done)
                target[:, number * samples : (number + 1) * samples] = stems
                done.append((number * samples, samples))
                # What is there can be trained on before the rest comes.
                part = arguments.out / f".{name}.songs.npy"
                np.save(part, np.array(done))
                os.replace(part, arguments.out / f"{name}.songs.npy")
                if len(done) % 10 == 0:
                    print(f"{name}: {len(done)} of {count} songs, {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
