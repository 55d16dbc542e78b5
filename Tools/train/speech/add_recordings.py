# SPDX-License-Identifier: Apache-2.0
"""Adds folders of recordings to the rendered speech: quiet backgrounds only, some at another tape speed.

`speech-train` grows, and `speech-recorded` (every twentieth file) appears beside it.
"""

import argparse
import random
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile

from sounds import RATE, read, stretched, tidy

ENDINGS = {".wav", ".flac", ".ogg"}


def clearness(wave: np.ndarray) -> float:
    """How far the quietest tenth of a recording lies below its loud part, in dB."""
    frames = len(wave) // 320
    power = np.sort(np.square(wave[: frames * 320].reshape(frames, 320)).mean(1))
    quiet = power[: max(frames // 10, 1)].mean()
    return 10 * np.log10((power[-frames // 3 :].mean() + 1e-12) / (quiet + 1e-10))


def variants(job) -> list[np.ndarray]:
    path, least = job
    try:
        wave = read(str(path))
    except soundfile.SoundFileError:
        return []
    wave = wave - wave.mean()
    if len(wave) < RATE // 2 or clearness(wave) < least:
        return []
    rng = random.Random(f"recording{path.name}")
    plain = tidy(wave)
    if plain is None:
        return []
    found = [plain, tidy(stretched(plain, rng))]
    return [np.round(wave * 32767).astype(np.int16) for wave in found if wave is not None]


def write(folder: Path, name: str, waves: list[np.ndarray], before=None):
    lengths = np.array([len(wave) for wave in waves])
    index = np.stack([np.cumsum(lengths) - lengths, lengths], 1)
    row = np.concatenate(waves)
    if before is not None:
        old_row, old_index = before
        index[:, 0] += len(old_row)
        row, index = np.concatenate([old_row, row]), np.concatenate([old_index[:, :2], index])
    np.save(folder / f"speech-{name}.npy", row)
    np.save(folder / f"speech-{name}.index.npy", index)
    print(f"{name}: {len(index)} utterances, {len(row) / RATE / 3600:.2f} h", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of the rendered material")
    parser.add_argument("folders", type=Path, nargs="+", help="recordings, 16 kHz or more")
    parser.add_argument("--least", type=float, default=36, help="dB between speech and pauses")
    arguments = parser.parse_args()
    train, held_out = [], []
    with Pool(2) as pool:
        for folder in arguments.folders:
            paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
            jobs = [(path, arguments.least) for path in paths]
            for number, waves in enumerate(pool.imap(variants, jobs, 16)):
                if number % 20:
                    train += waves
                else:
                    held_out += waves[:1]
    data = arguments.data
    rendered = [np.load(data / f"speech-train{ending}.npy") for ending in ("", ".index")]
    write(data, "train", train, before=rendered)
    write(data, "recorded", held_out)


if __name__ == "__main__":
    main()
