#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of DemucsTests' quantised checkpoints: tiny seeded networks that diffq quantised,
in the containers of the public files, and what the networks make of a sound with the weights that diffq
reads back.

Needs what Tools/Goldens/requirements.txt names, diffq, and two checkouts of facebookresearch/demucs:

    python Tools/Goldens/demucs_quantised.py --demucs MAIN --demucs-v2 BRANCH_V2
"""

import argparse
import importlib
import io
import math
import pathlib
import sys
import types
import zlib

import torch
from diffq import DiffQuantizer, restore_quantized_state
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/DemucsTests/Goldens/quantised"
SEED = 77
SOURCES = ["drums", "bass", "other", "vocals"]


def import_demucs(path: pathlib.Path, *names: str) -> list:
    """Modules of one checkout; what they import and the networks don't need is left empty."""
    for name in [n for n in sys.modules if n.split(".")[0] == "demucs"]:
        del sys.modules[name]
    for name, attribute in [
        ("openunmix", ""), ("openunmix.filtering", "wiener"), ("omegaconf", "OmegaConf"),
        ("dora", ""), ("dora.log", "fatal"),
    ]:
        module = sys.modules.setdefault(name, types.ModuleType(name))
        if attribute:
            setattr(module, attribute, None)
    sys.path.insert(0, str(path))
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        sys.path.pop(0)


def randomised(model: torch.nn.Module) -> torch.nn.Module:
    """Numbers that let every parameter be heard, and groups of different numbers of bits."""
    torch.manual_seed(SEED)
    for name, parameter in model.named_parameters():
        scale = 0.5 if name.endswith("scale") else parameter.detach().abs().mean().item() + 0.02
        parameter.data = scale * torch.randn_like(parameter)
        if "norm" in name and name.endswith("weight"):
            parameter.data += 1
    return model.eval()


def quantised(model: torch.nn.Module, min_size: float, **options) -> dict:
    quantizer = DiffQuantizer(model, group_size=8, min_size=min_size)
    generator = torch.Generator().manual_seed(SEED)
    for parameter in quantizer._qparams:
        # From 2 to 14 bits.
        parameter.logit.data = 4 * torch.rand(parameter.logit.shape, generator=generator) - 2
    state = quantizer.get_quantized_state(**options)
    quantizer.detach()
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demucs", type=pathlib.Path, required=True)
    parser.add_argument("--demucs-v2", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    time = torch.arange(2500) / 8000
    mixture = torch.stack([
        0.3 * torch.sin(2 * math.pi * (180 + 500 * time + 40 * c) * time) for c in range(2)
    ])
    tensors = {"mixture": mixture.t().contiguous()}

    hdemucs, time_demucs = import_demucs(arguments.demucs, "demucs.hdemucs", "demucs.demucs")
    hybrid = dict(
        sources=SOURCES, channels=2, nfft=1024, depth=5, norm_starts=3, dconv_comp=2, dconv_lstm=3, dconv_attn=3,
        segment=2, samplerate=8000,
    )
    cases = {
        "hybrid": (hdemucs.HDemucs, hybrid, {}),
        "bands": (
            hdemucs.HDemucs,
            hybrid | dict(multi_freqs=[0.1, 0.3], multi_freqs_depth=1, norm_starts=999),
            dict(torch_pack=True),
        ),
        "time": (
            time_demucs.Demucs,
            dict(sources=SOURCES, channels=4, depth=4, rewrite=False, norm_starts=3, segment=2,
                 samplerate=8000),
            {},
        ),
    }
    for name, (cls, kwargs, options) in cases.items():
        model = randomised(cls(**kwargs))
        # The usual packing fills up lines of 2048 numbers.
        state = quantised(model, min_size=0.002 if options else 0.015, **options)
        restore_quantized_state(model, state)
        package = dict(klass=cls, args=(), kwargs=kwargs, state=state | {"__quantized": True})
        torch.save(package, FOLDER / f"{name}.th")
        with torch.no_grad():
            tensors[name] = model(mixture[None])[0].movedim(1, 2).contiguous()

    (waveform,) = import_demucs(arguments.demucs_v2, "demucs.model")
    kwargs = dict(channels=8, depth=3, samplerate=8000, segment_length=16000)
    model = randomised(waveform.Demucs(SOURCES, **kwargs))
    # As the second generation saves: not packed, and compressed.
    state = quantised(model, min_size=0.005, packed=False)
    state["meta"]["init_kwargs"] = dict(group_size=8, min_size=0.005)
    restore_quantized_state(model, state)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    package = dict(
        klass=waveform.Demucs, args=(SOURCES,), kwargs=kwargs,
        state={"compressed": zlib.compress(buffer.getvalue())},
    )
    torch.save(package, FOLDER / "waveform.th")
    length = model.valid_length(2500)
    padded = torch.nn.functional.pad(mixture, ((length - 2500) // 2, (length - 2500 + 1) // 2))
    with torch.no_grad():
        y = model(padded[None])[0]
    start = (y.shape[-1] - 2500) // 2
    tensors["waveform"] = y[..., start : start + 2500].movedim(1, 2).contiguous()
    save_file(
        tensors, FOLDER / "expected.safetensors",
        metadata=dict(script=pathlib.Path(__file__).name, torch=torch.__version__, seed=str(SEED)),
    )


if __name__ == "__main__":
    main()
