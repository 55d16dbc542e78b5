# SPDX-License-Identifier: Apache-2.0
"""Checks that `audio-tokens` computes what was trained: same tokens, same sound, from the exported file."""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import torch

from export import DESTINATION, read
from material import Speech


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=Path, help="the built audio-tokens")
    parser.add_argument("data", type=Path, help="gathered speech, of which the held-out part is used")
    parser.add_argument("--model", type=Path, default=DESTINATION)
    arguments = parser.parse_args()
    codec = read(arguments.model)
    speech = Speech(arguments.data, "valid")
    wave = speech.stretch(np.random.default_rng(3), 500 * codec.shape.hop)
    with torch.no_grad():
        tokens = codec.tokens(torch.from_numpy(wave)[None])[0]
        expected = codec.decoded(codec.codebook.embed[tokens][None])[0].numpy()

    def run(folder, *options):
        command = [arguments.program.resolve(), *options, "-m", arguments.model.resolve()]
        return subprocess.run(command, cwd=folder, check=True, capture_output=True).stdout

    with tempfile.TemporaryDirectory() as folder:
        soundfile.write(f"{folder}/a.wav", wave, codec.shape.sample_rate, subtype="FLOAT")
        found = json.loads(run(folder, "encode", "a.wav", "-o", "-"))["tokens"]
        Path(folder, "b.json").write_text(json.dumps({"tokens": tokens.tolist()}))
        run(folder, "decode", "b.json", "--sample-format", "float32")
        sound = soundfile.read(f"{folder}/decoded/b.wav", dtype="float32")[0]
    same = np.mean(np.array(found) == tokens.numpy())
    difference = np.abs(sound - expected).max() / np.abs(expected).max()
    print(f"{100 * same:.2f} % of {len(tokens)} tokens are the same; the sound differs by {difference:.1e}")
    assert same > 0.99 and difference < 1e-4


if __name__ == "__main__":
    main()
