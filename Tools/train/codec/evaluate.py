# SPDX-License-Identifier: Apache-2.0
"""Measures an exported codec on the held-out utterances of each source.

Recordings of their own are measured with `audio-tokens reconstruct FILE -m MODEL`.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from export import DESTINATION, read
from losses import EnvelopeDistance, SpectralDistance
from material import Speech


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=DESTINATION)
    parser.add_argument("--seconds", type=float, default=8.0)
    arguments = parser.parse_args()
    codec, speech = read(arguments.model), Speech(arguments.data, "valid")
    spectral, envelopes = SpectralDistance(), EnvelopeDistance()
    hop = codec.shape.hop
    length = int(arguments.seconds * codec.shape.sample_rate) // hop * hop
    counts = np.zeros(codec.shape.codes)
    for source in np.unique(speech.index[:, 2]):
        rows = speech.index[speech.index[:, 2] == source]
        sound = np.concatenate([speech.samples[start : start + count] for start, count, _ in rows])
        waves = torch.from_numpy(sound[: len(sound) // length * length] / np.float32(32768))
        found = []
        for wave in waves.view(-1, 1, length)[:20]:
            tokens = codec.tokens(wave)
            counts += np.bincount(tokens.flatten().numpy(), minlength=codec.shape.codes)
            estimate = codec.decoded(codec.codebook.embed[tokens])
            found.append([spectral(estimate, wave).item(), 1 - envelopes(estimate, wave).item()])
        if found:
            mean = np.mean(found, 0)
            print(
                f"source {source}: {len(found)} x {arguments.seconds:.0f} s, spectral distance "
                f"{mean[0]:.3f}, correlation of envelopes {mean[1]:.3f}"
            )
    share = counts[counts > 0] / counts.sum()
    print(f"{len(share)} of {len(counts)} codes, {-(share * np.log2(share)).sum():.2f} bits a token")


if __name__ == "__main__":
    main()
