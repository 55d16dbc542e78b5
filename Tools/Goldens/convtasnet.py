#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of ConvTasNetTests: tiny seeded networks of each dialect, built and run by the
projects that define them, on synthesised sound.

Needs what Tools/Goldens/requirements.txt names, and for the dialects that are not on PyPI checkouts
of kaituoxu/Conv-TasNet and of facebookresearch/demucs at branch v2:

    python Tools/Goldens/convtasnet.py --kaituoxu DIR/src --demucs DIR
"""

import argparse
import importlib.util
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/ConvTasNetTests/Goldens"
SEED = 20


def signal(samples: int, channels: int = 1) -> torch.Tensor:
    """Two chirps and a little noise, [channels, samples]."""
    generator = torch.Generator().manual_seed(SEED)
    time = torch.arange(samples) / 8000
    rows = []
    for channel in range(channels):
        chirp = torch.sin(2 * math.pi * (200 + 900 * time + 40 * channel) * time)
        other = 0.5 * torch.sin(2 * math.pi * (1500 - 700 * time) * time + channel)
        rows.append(0.3 * (chirp + other) + 0.02 * torch.randn(samples, generator=generator))
    return torch.stack(rows)


def randomise(model: torch.nn.Module) -> None:
    """Moves every parameter and statistic off its default."""
    generator = torch.Generator().manual_seed(SEED)
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        noise = torch.rand(tensor.shape, generator=generator) * 2 - 1
        if name.endswith("running_var"):
            tensor.copy_(1 + 0.5 * noise)
        elif name.endswith("running_mean"):
            tensor.copy_(0.3 * noise)
        elif name.endswith(("gamma", "norm.weight")) or tensor.ndim == 3 and tensor.shape[::2] == (1, 1):
            tensor.add_(0.2 * noise)
        elif tensor.numel() == 1:
            tensor.copy_(0.25 + 0.15 * noise)
        else:
            tensor.add_(0.1 * noise)


def frames_last(tensor: torch.Tensor) -> torch.Tensor:
    """[1, ..., K] → [K, ...]: activations are channels-last in the toolkit."""
    tensor = tensor.detach()[0]
    return tensor.movedim(-1, 0).reshape(tensor.shape[-1], -1).contiguous()


def write(name, file, model, package, mixture, run, taps, *, legacy=False, **metadata):
    randomise(model)
    model.eval()
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    seen = {}
    handles = [
        module.register_forward_hook(
            lambda _, inputs, output, key=key, pick=pick: seen.__setitem__(
                key, frames_last(pick(inputs, output))
            )
        )
        for key, (module, pick) in taps.items()
    ]
    with torch.no_grad():
        expected = run(model, mixture)
    for handle in handles:
        handle.remove()
    torch.save(package(model), folder / file, _use_new_zipfile_serialization=not legacy)
    tensors = {"input": mixture.T.contiguous(), **{k: v for k, v in seen.items()}}
    tensors |= {key: value.contiguous() for key, value in expected.items()}
    save_file(
        tensors,
        folder / "expected.safetensors",
        {"script": "Tools/Goldens/convtasnet.py", "torch": torch.__version__, "seed": str(SEED),
         "checkpoint": file, **metadata},
    )


def output(inputs, result):
    return result


def torchaudio_goldens():
    import torchaudio
    from torchaudio.models import ConvTasNet

    def run(model, mixture):
        return {"output": model(mixture[None])[0]}  # [S, T]

    torch.manual_seed(SEED)
    model = ConvTasNet(2, 16, 20, 3, 10, 14, 3, 2, msk_activate="relu")
    mask = model.mask_generator
    write(
        "torchaudio", "model.pt", model, lambda m: m.state_dict(), signal(1501), run,
        {"encoder": (model.encoder, output), "bottleneck": (mask.input_conv, output)},
        reference=f"torchaudio {torchaudio.__version__}",
    )


def asteroid_goldens():
    import asteroid
    from asteroid.models import ConvTasNet

    def run(model, mixture):
        # separate() wants [batch, channels, time] and returns [batch, sources, time].
        return {"output": model.forward(mixture[None])[0], "separate": model.separate(mixture[None])[0]}

    cases = {
        "asteroid-gln": dict(norm_type="gLN", mask_act="relu", causal=False, skip_chan=8),
        "asteroid-cln-causal": dict(norm_type="cLN", mask_act="sigmoid", causal=True, skip_chan=8),
        "asteroid-cln": dict(norm_type="cLN", mask_act="softmax", causal=False, skip_chan=0),
    }
    for name, arguments in cases.items():
        torch.manual_seed(SEED)
        model = ConvTasNet(
            n_src=2, n_filters=18, kernel_size=16, stride=8, n_blocks=3, n_repeats=2, bn_chan=10,
            hid_chan=14, sample_rate=8000, **arguments,
        )
        write(
            name, "model.pth", model, lambda m: m.serialize(), signal(1501), run,
            {"bottleneck": (model.masker.bottleneck, output)},
            reference=f"asteroid {asteroid.__version__}", legacy=name == "asteroid-cln",
        )


def load(path: pathlib.Path, name: str):
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def kaituoxu_goldens(source: pathlib.Path):
    ConvTasNet = load(source / "conv_tasnet.py", "conv_tasnet").ConvTasNet

    def run(model, mixture):
        return {"output": model(mixture)[0]}

    cases = {
        "kaituoxu-gln": ("gLN", False, "relu"),
        "kaituoxu-cln-causal": ("cLN", True, "softmax"),
        "kaituoxu-gln-causal": ("gLN", True, "relu"),
        "kaituoxu-bn": ("BN", False, "relu"),
    }
    for name, (norm, causal, mask) in cases.items():
        torch.manual_seed(SEED)
        model = ConvTasNet(18, 16, 10, 14, 3, 3, 2, 2, norm_type=norm, causal=causal, mask_nonlinear=mask)
        optimizer = torch.optim.Adam(model.parameters())
        write(
            name, "final.pth.tar", model,
            lambda m: ConvTasNet.serialize(m, optimizer, 3, tr_loss=[1.0], cv_loss=[2.0]),
            signal(1501), run,
            {"encoder": (model.encoder, output), "bottleneck": (model.separator.network[1], output)},
            reference="kaituoxu/Conv-TasNet 0d9d9dc", legacy=name.endswith("bn"),
        )


def music_goldens(checkout: pathlib.Path):
    package = checkout / "demucs"
    sys.path.insert(0, str(checkout))
    from demucs.tasnet import ConvTasNet

    def run(model, mixture):
        result = model(mixture[None])[0]  # [S, A, T]
        return {"output": result.movedim(1, 2)}

    torch.manual_seed(SEED)
    sources = ["drums", "bass", "other", "vocals"]
    arguments = dict(N=14, L=20, B=8, H=12, P=3, X=3, R=2, audio_channels=2, samplerate=44100)
    model = ConvTasNet(sources, **arguments)
    write(
        "music", "tasnet.th", model,
        lambda m: {"klass": ConvTasNet, "args": [sources], "kwargs": arguments, "state": m.state_dict()},
        signal(1203, 2), run, {"encoder": (model.encoder, output)},
        reference=f"facebookresearch/demucs v2 ({package.name})",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kaituoxu", type=pathlib.Path, help="the src folder of a checkout")
    parser.add_argument("--demucs", type=pathlib.Path, help="a checkout at branch v2")
    options = parser.parse_args()
    torchaudio_goldens()
    asteroid_goldens()
    if options.kaituoxu:
        kaituoxu_goldens(options.kaituoxu)
    if options.demucs:
        music_goldens(options.demucs)


if __name__ == "__main__":
    main()
