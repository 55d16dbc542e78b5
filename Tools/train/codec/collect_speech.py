# SPDX-License-Identifier: Apache-2.0
"""Gathers recorded and synthesised speech at 24 kHz for the codec.

Writes `<out>/codec-{train,valid}.npy` (int16, one long row) and the same names with `.index.npy` (rows of
start, length, source). Sources are folders of sound files; `valid` gets every fortieth file of each.
"""

import argparse
from math import gcd
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

RATE = 24000
ENDINGS = {".wav", ".flac", ".ogg"}
LONGEST = 15 * RATE


def tidy(wave: np.ndarray) -> np.ndarray | None:
    """Trims silence at the ends and brings the loud frames to a common level."""
    step = RATE // 50
    frames = len(wave) // step
    if frames < 30:
        return None
    wave = wave - wave.mean()
    power = np.square(wave[: frames * step].reshape(frames, step)).mean(1)
    if power.max() < 1e-7:
        return None
    loud = np.flatnonzero(power > power.max() * 10**-3.5)
    start, stop = max(loud[0] - 6, 0) * step, min(loud[-1] + 8, frames) * step
    level = np.sqrt(np.sort(power)[-max(frames // 3, 1) :].mean())
    wave = wave[start:stop] * (0.1 / level)
    peak = np.abs(wave).max()
    return (wave / max(peak / 0.99, 1)).astype(np.float32)[:LONGEST]


def read(path: Path) -> np.ndarray | None:
    try:
        wave, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.SoundFileError:
        return None
    wave = wave.mean(1)
    if rate < 16000 or len(wave) == 0:
        return None
    if rate != RATE:
        divisor = gcd(RATE, rate)
        wave = resample_poly(wave, RATE // divisor, rate // divisor)
    wave = tidy(wave)
    return None if wave is None else np.round(wave * 32767).astype(np.int16)


def rendered(folder: Path, name: str, share: float):
    """Utterances of the speech model's rendered material, 16 kHz, upsampled."""
    samples = np.load(folder / f"speech-{name}.npy", mmap_mode="r")
    index = np.load(folder / f"speech-{name}.index.npy")
    rng = np.random.default_rng(5)
    for start, length in index[rng.random(len(index)) < share][:, :2]:
        wave = tidy(resample_poly(samples[start : start + length] / np.float32(32768), 3, 2))
        if wave is not None:
            yield np.round(wave * 32767).astype(np.int16)


def write(out: Path, name: str, waves: list[tuple[int, np.ndarray]]):
    lengths = np.array([len(wave) for _, wave in waves])
    starts = np.cumsum(lengths) - lengths
    np.save(out / f"codec-{name}.npy", np.concatenate([wave for _, wave in waves]))
    index = np.stack([starts, lengths, [source for source, _ in waves]], 1)
    np.save(out / f"codec-{name}.index.npy", index)
    print(f"{name}: {len(waves)} utterances, {lengths.sum() / RATE / 3600:.2f} h", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("folders", type=Path, nargs="*", help="recordings, 16 kHz or more")
    parser.add_argument("--rendered", type=Path, help="the speech model's rendered material")
    parser.add_argument("--share", type=float, default=0.3, help="how much of that is taken")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    train, valid = [], []
    with Pool(2) as pool:
        for source, folder in enumerate(arguments.folders, 1):
            paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
            seconds = 0.0
            for number, wave in enumerate(pool.imap(read, paths, 16)):
                if wave is not None:
                    (train if number % 40 else valid).append((source, wave))
                    seconds += len(wave) / RATE
            print(f"{source} {folder}: {len(paths)} files, {seconds / 3600:.2f} h", flush=True)
    if arguments.rendered:
        train += [(0, wave) for wave in rendered(arguments.rendered, "train", arguments.share)]
        valid += [(0, wave) for wave in rendered(arguments.rendered, "valid", 0.2)]
    if not train or not valid:
        raise SystemExit("nothing to learn from: name folders of recordings, or --rendered")
    write(arguments.out, "train", train)
    write(arguments.out, "valid", valid)


if __name__ == "__main__":
    main()
