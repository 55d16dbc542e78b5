# SPDX-License-Identifier: Apache-2.0
"""Renders the speech material: synthesised sentences and one recorded free voice, with variants.

Writes `<out>/speech-{train,valid,unseen}.npy` (int16, 16 kHz, one long row) and the same names with
`.index.npy` (rows of start, length). `valid` has other sentences of the training voices, `unseen`
has voices that the training set never contains.
"""

import argparse
import os
import random
import subprocess
import tempfile
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import pyworld

from sentences import sentence
from sounds import RATE, read, stretched, tidy

FLITE_VOICES = ["awb", "rms", "slt", "kal16"]
# name, scheme call; the licences are in the model card
FESTIVAL_TRAIN = ["kal_diphone", "ked_diphone", "cmu_us_slt_arctic_hts"]
FESTIVAL_UNSEEN = [
    "czech_ph",
    "czech_dita",
    "czech_machac",
    "czech_krb",
    "lp_diphone",
    "pc_diphone",
    "suo_fi_lj_diphone",
    "hy_fi_mv_diphone",
]
RUSSIAN = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits/wav")
ESPEAK_LANGUAGES = (
    "en-us en-gb en-gb-scotland en-gb-x-rp en-029 de fr-fr es it pt-br nl sv pl cs fi tr hu ru ro el "
    "id sw da nb"
).split()
ESPEAK_VARIANTS = (
    "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 croak whisper Alex Alicia Andrea Andy Annie Denis Diogo "
    "Gene Henrique Hugo Lee Marco Mario Michael Mike adam anika antonio belinda benjamin boris caleb "
    "david edward grandma grandpa gustave iven john linda marcelo max michel miguel norbert pablo "
    "paul pedro quincy rob robert sandro shelby steph travis victor zac"
).split()


def revoiced(wave: np.ndarray, rng: random.Random) -> np.ndarray:
    """Another speaker by analysis and resynthesis: pitch, vocal-tract length, breath, rate."""
    x = wave.astype(np.float64)
    period = 6.0
    pitch, times = pyworld.dio(x, RATE, frame_period=period)
    pitch = pyworld.stonemask(x, pitch, times, RATE)
    envelope = pyworld.cheaptrick(x, pitch, times, RATE)
    aperiodicity = pyworld.d4c(x, pitch, times, RATE)
    warp = 2 ** rng.uniform(-0.3, 0.35)
    bins = envelope.shape[1]
    source = np.clip(np.arange(bins) / warp, 0, bins - 1)
    low = np.minimum(source.astype(int), bins - 2)
    part = source - low

    def warped(rows):
        return np.ascontiguousarray(rows[:, low] * (1 - part) + rows[:, low + 1] * part)

    voiced = pitch > 0
    mean = pitch[voiced].mean() if voiced.any() else 120.0
    target = rng.uniform(80, 280)
    liveliness = rng.uniform(0.5, 1.8)
    jitter = np.random.default_rng(rng.randrange(1 << 30)).normal(0, 0.008, len(pitch))
    safe = np.where(voiced, pitch, mean)
    pitch = np.where(voiced, target * (safe / mean) ** liveliness * np.exp(jitter), 0.0)
    pitch = np.minimum(pitch, 600.0)
    aperiodicity = np.clip(warped(aperiodicity) ** rng.uniform(0.5, 1.3), 1e-6, 1.0)
    return pyworld.synthesize(
        pitch, warped(envelope), aperiodicity, RATE, period * 2 ** rng.uniform(-0.35, 0.35)
    ).astype(np.float32)


def run_flite(job):
    voice, seed = job
    rng = random.Random(f"flite{seed}")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(
            ["flite", "-voice", voice, "--setf", f"duration_stretch={rng.uniform(0.8, 1.3):.2f}"]
            + ["-t", sentence(rng), "-o", file.name],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        return variants(read(file.name), rng, revoice=0.5)


def run_espeak(seed):
    rng = random.Random(f"espeak{seed}")
    voice = rng.choice(ESPEAK_LANGUAGES[:5] if rng.random() < 0.4 else ESPEAK_LANGUAGES)
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(
            ["espeak-ng", "-v", f"{voice}+{rng.choice(ESPEAK_VARIANTS)}", "-w", file.name]
            + ["-s", str(rng.randint(120, 210)), "-p", str(rng.randint(20, 80)), sentence(rng)],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        return variants(read(file.name), rng, revoice=0.0, stretch=0.25)


def run_festival(job):
    """A batch of sentences through one festival process; a voice loads slowly."""
    voice, first, count, plain = job
    rng = random.Random(f"festival{voice}{first}")
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"(voice_{voice})"]
        for index in range(count):
            lines.append(f'(set! u (utt.synth (Utterance Text "{sentence(rng)}")))')
            lines.append(f'(utt.save.wave u "{folder}/{index}.wav")')
        script = Path(folder) / "script.scm"
        script.write_text("\n".join(lines))
        subprocess.run(
            ["festival", "-b", str(script)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        found = []
        for path in sorted(Path(folder).glob("*.wav")):
            wave = read(str(path))
            found += [tidy(wave)] if plain else variants(wave, rng, revoice=0.5)
        return found


def run_recording(path):
    return variants(read(path), random.Random(f"recording{os.path.basename(path)}"), revoice=0.6)


def variants(wave, rng, revoice, stretch=1.0):
    plain = tidy(wave)
    if plain is None:
        return []
    found = [plain]
    if rng.random() < stretch:
        found.append(tidy(stretched(plain, rng)))
    if rng.random() < revoice:
        found.append(tidy(revoiced(plain, rng)))
    return found


def perform(job):
    """Runs one job and says to which set its sound belongs."""
    name, function, argument = job
    return name, [wave for wave in function(argument) if wave is not None]


def jobs(quick: bool):
    scale = 20 if quick else 1
    every = []
    for start, count, name in [(0, 180 // scale, "train"), (100_000, 10, "valid")]:
        for voice in FLITE_VOICES:
            every += [(name, run_flite, (voice, start + index)) for index in range(count)]
        every += [(name, run_espeak, start + index) for index in range(4 * count)]
    batch = 5 if quick else 20
    for voice in FESTIVAL_TRAIN:
        every += [
            ("train", run_festival, (voice, first, batch, False))
            for first in range(0, 180 // scale, batch)
        ]
        every.append(("valid", run_festival, (voice, 100_000, 5, True)))
    for voice in FESTIVAL_UNSEEN:
        every.append(("unseen", run_festival, (voice, 0, 10, True)))
    recordings = sorted(str(path) for path in RUSSIAN.glob("*.wav"))
    every += [("valid", run_recording, path) for path in recordings[::40]]
    kept = [path for index, path in enumerate(recordings) if index % 40]
    every += [("train", run_recording, path) for path in kept[::scale]]
    random.Random(1).shuffle(every)
    return every


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    sets = {"train": [], "valid": [], "unseen": []}
    with Pool(2) as pool:
        for name, waves in pool.imap(perform, jobs(arguments.quick)):
            sets[name] += waves
    for name, waves in sets.items():
        lengths = np.array([len(wave) for wave in waves])
        starts = np.cumsum(lengths) - lengths
        row = np.concatenate(waves)
        np.save(arguments.out / f"speech-{name}.npy", np.round(row * 32767).astype(np.int16))
        np.save(arguments.out / f"speech-{name}.index.npy", np.stack([starts, lengths], 1))
        print(f"{name}: {len(waves)} utterances, {len(row) / RATE / 3600:.2f} h", flush=True)


if __name__ == "__main__":
    main()
