# SPDX-License-Identifier: Apache-2.0
"""Renders the example song of AudioFixtures: nothing in it but MIT-licensed soundfonts, sounds of our own, and CC0
recordings that are made to sing. Its seed is none of the training songs'."""

import argparse
from pathlib import Path

import numpy as np
import soundfile

from render import PERMISSIVE, RATE, STEMS, stems_of
from singing import Speech

OUT = Path(__file__).resolve().parents[3] / "AudioFixtures"


def write(path: Path, wave: np.ndarray):
    """Ogg Vorbis; in pieces, as libsndfile's encoder wants it."""
    with soundfile.SoundFile(path, "w", RATE, 2, format="OGG", subtype="VORBIS", compression_level=0.5) as file:
        for first in range(0, len(wave), 4096):
            file.write(wave[first : first + 4096])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, nargs=1, required=True, help="a folder of CC0 voices")
    parser.add_argument("--seed", type=int, default=2_000_003)
    parser.add_argument("--first", type=float, default=4, help="where the excerpt begins")
    parser.add_argument("--seconds", type=float, default=14)
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    stems = stems_of(arguments.seed, arguments.first + arguments.seconds, Speech(None, arguments.recordings), PERMISSIVE)
    stems = stems[:, int(arguments.first * RATE) :].astype(np.float32) / 32768 * 0.8
    fade = np.minimum(1, np.minimum(np.arange(stems.shape[1]), np.arange(stems.shape[1])[::-1]) / (0.05 * RATE))
    stems *= fade[:, None].astype(np.float32)
    heard = []
    for name, stem in zip(STEMS, stems):
        path = arguments.out / f"song.{name}.ogg"
        write(path, stem)
        heard.append(soundfile.read(path, dtype="float32")[0])
    # The mixture is of the stems as they are in the files.
    write(arguments.out / "song.ogg", np.sum(heard, 0))


if __name__ == "__main__":
    main()
