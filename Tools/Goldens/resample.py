# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/SoundFilesTests/Goldens/resample.safetensors.

A short synthesised signal through torchaudio's and julius's resamplers, between several rates.
Needs torch, torchaudio, julius, numpy and safetensors. torchaudio is run in float64, where it also
computes its kernel in float64; julius computes its kernel in float32 whatever the signal is.
"""

import importlib.metadata
import pathlib

import julius
import numpy
import torch
import torchaudio
from safetensors.torch import save_file

SEED = 20
FRAMES = 317
PAIRS = [
    (44100, 48000), (48000, 44100), (44100, 24000), (24000, 44100), (16000, 24000),
    (1, 2), (2, 1), (44100, 16000), (8000, 44100), (192000, 44100), (7, 5),
]


def main():
    generator = numpy.random.default_rng(SEED)
    time = numpy.arange(FRAMES)
    signal = 0.4 * numpy.sin(0.11 * time) + 0.3 * generator.uniform(-1, 1, FRAMES) + 0.05
    signal = torch.from_numpy(signal.astype(numpy.float32))
    tensors = {"input": signal}
    for old, new in PAIRS:
        for frames in (FRAMES, 1):
            x = signal[:frames]
            name = f"{old}-{new}" + ("" if frames == FRAMES else f".{frames}")
            y = torchaudio.functional.resample(x.double(), old, new)
            tensors[f"torchaudio.{name}"] = y.float().contiguous()
            tensors[f"julius.{name}"] = julius.resample_frac(x, old, new).contiguous()
    versions = {name: importlib.metadata.version(name) for name in ("torchaudio", "julius", "torch")}
    target = pathlib.Path(__file__).parents[2] / "Tests/SoundFilesTests/Goldens/resample.safetensors"
    target.parent.mkdir(exist_ok=True)
    save_file(tensors, target, {"script": "Tools/Goldens/resample.py", "seed": str(SEED), **versions})
    print(target, target.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
