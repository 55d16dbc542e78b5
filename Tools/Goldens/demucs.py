#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of DemucsTests: tiny seeded networks, built and run by the project that defines
them, on synthesised sound.

Needs what Tools/Goldens/requirements.txt names, diffq and tqdm, and a checkout of
facebookresearch/demucs at branch v2:

    python Tools/Goldens/demucs.py --demucs DIR
"""

import argparse
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

TESTS = pathlib.Path(__file__).resolve().parents[2] / "Tests"
SEED = 31
SOURCES = ["drums", "bass", "other", "vocals"]


def signal(samples: int) -> torch.Tensor:
    """Chirps and noise, [2, samples], with an offset, to be centred by whoever normalises."""
    generator = torch.Generator().manual_seed(SEED)
    time = torch.arange(samples) / 8000
    rows = [
        0.2 * torch.sin(2 * math.pi * (150 + 700 * time + 60 * channel) * time)
        + 0.1 * torch.sin(2 * math.pi * (1900 - 600 * time) * time + channel)
        + 0.03 * torch.randn(samples, generator=generator)
        + 0.05
        for channel in range(2)
    ]
    return torch.stack(rows)


def separated(apply_model, model, mixture: torch.Tensor, **options) -> torch.Tensor:
    """What the project's separate program makes of a track, [S, T, A]."""
    mono = mixture.mean(0)
    estimates = apply_model(model, (mixture - mono.mean()) / mono.std(), **options)
    return (estimates * mono.std() + mono.mean()).movedim(1, 2).contiguous()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demucs", type=pathlib.Path, required=True, help="a checkout at branch v2")
    sys.path.insert(0, str(parser.parse_args().demucs))
    from demucs.model import Demucs
    from demucs.utils import apply_model

    cases = {
        "second": dict(channels=3, depth=3, lstm_layers=2, segment_length=600, samplerate=8000),
        "normalised": dict(
            channels=4, depth=2, lstm_layers=1, segment_length=500, samplerate=8000, resample=False,
            normalize=True, context=1,
        ),
        "first": dict(channels=3, depth=3, lstm_layers=2, samplerate=8000, resample=False),
    }
    mixture = signal(2003)
    for name, arguments in cases.items():
        torch.manual_seed(SEED)
        model = Demucs(SOURCES, **arguments).eval()
        for parameter in model.parameters():
            parameter.data += 0.05 * torch.randn(parameter.shape)
        package = {"klass": Demucs, "args": [SOURCES], "kwargs": arguments, "state": model.state_dict()}
        if name == "first":
            # The first generation: a tuple, a number of sources, and no word of resampling.
            kept = {key: arguments[key] for key in ("channels", "depth", "lstm_layers", "samplerate")}
            package = (Demucs, (4,), kept, model.state_dict())
        states = []
        model.lstm.lstm.register_forward_hook(lambda _, __, output: states.append(output[0]))
        folder = TESTS / "DemucsTests/Goldens" / name
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(package, folder / "model.th")
        with torch.no_grad():
            tensors = {
                "input": mixture.T.contiguous(),
                "whole": apply_model(model, mixture[:, :503]).movedim(1, 2).contiguous(),
            }
            tensors["lstm"] = states.pop()[:, 0].contiguous()
            if name != "first":
                tensors["separated"] = separated(apply_model, model, mixture, split=True, overlap=0.25)
                # Longer than a stride, shorter than a segment.
                tensors["separated480"] = separated(
                    apply_model, model, mixture[:, :480], split=True, overlap=0.25
                )
            for samples in (1, 2, 7, 50):
                tensors[f"short{samples}"] = apply_model(model, mixture[:, :samples]).movedim(1, 2).contiguous()
        save_file(
            tensors, folder / "expected.safetensors",
            {
                "script": "Tools/Goldens/demucs.py", "seed": str(SEED), "torch": torch.__version__,
                "reference": "facebookresearch/demucs v2",
            },
        )


if __name__ == "__main__":
    main()
