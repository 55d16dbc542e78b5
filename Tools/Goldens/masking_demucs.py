#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the golden of DemucsTests for masking networks: a tiny seeded one of Tools/train/music, run in its plain form
on synthesised sound.

Needs what Tools/Goldens/requirements.txt names:

    python Tools/Goldens/masking_demucs.py
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

from demucs import SEED, TESTS, signal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "train/music"))

from exchange import CLASS, arguments, exchange_weights, separate  # noqa: E402
from network import Network, Shape  # noqa: E402


def main() -> None:
    torch.manual_seed(SEED)
    network = Network(Shape(channels=4, depth=3, fft=256, residual_compression=2, exponent=0.4))
    for name, parameter in network.named_parameters():
        parameter.data += 0.3 * torch.rand(parameter.shape)
    weights = exchange_weights(network)
    described = arguments(network.shape) | {"samplerate": 8000, "segment": 0.075}
    folder = TESTS / "DemucsTests/Goldens/masking"
    folder.mkdir(parents=True, exist_ok=True)
    metadata = {"klass": CLASS, "args": "[]", "kwargs": json.dumps(described)}
    save_file(weights, folder / "model.safetensors", metadata)
    mixture = signal(1403)
    tensors = {"input": mixture.T.contiguous()}
    # 70 samples are fewer than are mirrored.
    for samples in (1403, 503, 70):
        stems = separate(weights, described, mixture[:, :samples].contiguous())
        tensors[f"forward{samples}"] = stems.movedim(1, 2).contiguous()
    save_file(
        tensors, folder / "expected.safetensors",
        {"script": "Tools/Goldens/masking_demucs.py", "seed": str(SEED), "torch": torch.__version__},
    )


if __name__ == "__main__":
    main()
