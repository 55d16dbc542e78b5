#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of DemucsTests for HTDemucs: tiny seeded networks, built and run by the package
that defines them, on synthesised sound.

Needs what Tools/Goldens/requirements.txt names, and demucs itself:

    pip install --no-deps demucs==4.1.0 && python Tools/Goldens/htdemucs.py
"""

import json
import math
import pathlib
import sys
from fractions import Fraction

# The script beside this one that is called like the package.
sys.path = [path for path in sys.path if path != str(pathlib.Path(__file__).resolve().parent)]

import demucs
import torch
from demucs.apply import apply_model
from demucs.htdemucs import HTDemucs
from safetensors.torch import save_file

TESTS = pathlib.Path(__file__).resolve().parents[2] / "Tests"
SEED = 41
CASES = {
    # 1×1 convolutions around a wider Transformer, DConv in the decoder too, as in htdemucs.
    "widened": dict(
        sources=["drums", "other"], channels=4, depth=2, nfft=256, samplerate=8000,
        segment=Fraction(39, 250), dconv_mode=3, dconv_comp=2, dconv_depth=1, bottom_channels=12, t_layers=3, t_heads=3,
        t_hidden_scale=2.0,
    ),
    # As wide as the signals, as in htdemucs_6s; all else as the class has it by default.
    "plain": dict(
        sources=["a", "b", "c"], channels=8, depth=2, nfft=128, samplerate=8000, segment=Fraction(1, 8),
        t_layers=2, t_heads=2,
    ),
}


def signal(samples: int) -> torch.Tensor:
    """Chirps and noise, [2, samples], with an offset."""
    generator = torch.Generator().manual_seed(SEED)
    time = torch.arange(samples) / 8000
    rows = [
        0.2 * torch.sin(2 * math.pi * (150 + 700 * time + 60 * channel) * time)
        + 0.1 * torch.sin(2 * math.pi * (1900 - 600 * time) * time + channel)
        + 0.03 * torch.randn(samples, generator=generator)
        + 0.02
        for channel in range(2)
    ]
    return torch.stack(rows)


def randomise(model: torch.nn.Module) -> None:
    """Values that leave no parameter without effect, in half precision as they are stored."""
    for name, parameter in model.named_parameters():
        if "norm" in name and name.endswith("weight"):
            parameter.data.uniform_(0.8, 1.2)
        elif name.endswith("scale"):
            parameter.data.uniform_(0.3, 1)
        elif name.endswith("bias"):
            parameter.data.uniform_(-0.1, 0.1)
        parameter.data = parameter.data.half().float()


def separated(model, mixture: torch.Tensor, **options) -> torch.Tensor:
    """What the package's program makes of a track, [S, T, A]."""
    mono = mixture.mean(0)
    mean, deviation = mono.mean(), mono.std() + 1e-8
    estimates = apply_model(model, ((mixture - mean) / deviation)[None], shifts=0, **options)[0]
    return (estimates * deviation + mean).movedim(1, 2).contiguous()


def taps(model, mixture: torch.Tensor) -> dict:
    """What goes into the Transformer and the convolutions around it in a pass, and what comes out,
    channels last."""
    found = {}

    def hook(name, of_input):
        def keep(_, inputs, output):
            tensor = inputs[0] if of_input else output
            found[f"transformer.{name}"] = tensor[0].T.contiguous()

        return keep

    for name, module, of_input in [
        ("spectrum", model.channel_upsampler, True),
        ("waveform", model.channel_upsampler_t, True),
        ("out", model.channel_downsampler, False),
        ("out.time", model.channel_downsampler_t, False),
    ]:
        module.register_forward_hook(hook(name, of_input))
    model(mixture[None])
    for name in ("spectrum", "out"):
        tensor = found[f"transformer.{name}"]
        bands = model.nfft // 2 // 4**model.depth
        found[f"transformer.{name}"] = tensor.view(bands, -1, tensor.shape[1])
    return found


def main() -> None:
    mixture = signal(2001)
    for name, arguments in CASES.items():
        torch.manual_seed(SEED)
        model = HTDemucs(**arguments).eval()
        randomise(model)
        half = {key: value.half() for key, value in model.state_dict().items()}
        folder = TESTS / "DemucsTests/Goldens" / f"htdemucs-{name}"
        folder.mkdir(parents=True, exist_ok=True)
        segment = arguments["segment"]
        if name == "widened":
            torch.save(
                {"klass": HTDemucs, "args": (), "kwargs": arguments, "state": half, "training_args": {}},
                folder / "model.th",
            )
        else:
            # The form in which the package's models lie on the Hugging Face hub.
            encoded = dict(arguments) | {
                "segment": {
                    "_type": "fraction", "numerator": segment.numerator, "denominator": segment.denominator,
                }
            }
            save_file(
                half, folder / "model.safetensors",
                {"klass": "demucs.htdemucs.HTDemucs", "args": "[]", "kwargs": json.dumps(encoded)},
            )
        with torch.no_grad():
            chunk = mixture[:, :int(segment * 8000)]
            tensors = {"input": mixture.T.contiguous()}
            tensors["whole"] = model(chunk[None])[0].movedim(1, 2).contiguous()
            tensors["short"] = model(mixture[None, :, :77])[0].movedim(1, 2).contiguous()
            tensors["separated"] = separated(model, mixture)
            # Segments shorter than the trained one, completed by silence.
            tensors["separated.segment"] = separated(model, mixture[:, :1500], segment=0.07)
            if model.bottom_channels:
                tensors |= taps(model, chunk)
        save_file(
            tensors, folder / "expected.safetensors",
            {
                "script": "Tools/Goldens/htdemucs.py", "seed": str(SEED), "torch": torch.__version__,
                "reference": f"demucs {demucs.__version__}",
            },
        )


if __name__ == "__main__":
    main()
