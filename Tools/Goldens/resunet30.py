#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the golden of UniversalSeparationTests for ResUNet30: a tiny seeded network with the parameter
names of Universal Source Separation's training checkpoints, on synthesised sound.

The reference's class has its widths built in, so the network is written down here once more, in plain
PyTorch and as its paper has it. `--reference DIR` (a folder with the packages uss==0.0.4, torchlibrosa==0.1.0
and librosa) checks this description against the reference's class at full size before anything is written.

    pip install -r Tools/Goldens/requirements.txt && python Tools/Goldens/resunet30.py
"""

import argparse
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/UniversalSeparationTests/Goldens/resunet30"
SEED = 53


class Block(nn.Module):
    """Two convolutions behind norms that the query shifts, around which the input goes."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        if inputs != outputs:
            self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, shift):
        y = self.conv1(functional.leaky_relu(self.bn1(x) + shift("beta1"), 0.01))
        y = self.conv2(functional.leaky_relu(self.bn2(y) + shift("beta2"), 0.01))
        return (self.shortcut(x) if hasattr(self, "shortcut") else x) + y


class Encoder(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv_block1 = Block(inputs, outputs)


class Decoder(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.ConvTranspose2d(inputs, outputs, stride, stride, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(inputs), nn.BatchNorm2d(inputs)
        self.conv_block2 = Block(2 * outputs, outputs)

    def forward(self, x, skip, shift):
        x = self.conv1(functional.leaky_relu(self.bn1(x) + shift("beta1"), 0.01))
        return self.conv_block2(torch.cat([x, skip], 1), lambda name: shift(f"conv_block2->{name}"))


class ResUNet30(nn.Module):
    """Kong and others, "Universal Source Separation with Weakly Labelled Data", 2023."""

    def __init__(self, widths, middle, fft, hop, condition):
        super().__init__()
        self.fft, self.hop, self.taps = fft, hop, {}
        base = nn.Module()
        base.bn0 = nn.BatchNorm2d(fft // 2 + 1)
        base.pre_conv = nn.Conv2d(1, widths[0], 1)
        for level, (inputs, outputs) in enumerate(zip([widths[0], *widths], widths), 1):
            base.add_module(f"encoder_block{level}", Encoder(inputs, outputs))
        base.conv_block7a = Encoder(widths[-1], middle)
        for level, (inputs, outputs) in enumerate(zip([middle, *widths[::-1]], widths[::-1]), 1):
            base.add_module(f"decoder_block{level}", Decoder(inputs, outputs, (1, 2) if level == 1 else (2, 2)))
        base.after_conv = nn.Conv2d(widths[0], 3, 1)
        self.base, self.film = base, nn.Module()
        for name, module in base.named_modules():
            if hasattr(module, "bn1"):
                path = name.replace(".", "->")
                for index, norm in ((1, module.bn1), (2, module.bn2)):
                    self.film.add_module(f"{path}->beta{index}", nn.Linear(condition, norm.num_features))

    def shifts(self, condition, path):
        def shift(name):
            return self.film.get_submodule(f"{path}->{name}")(condition)[:, :, None, None]

        return shift

    def forward(self, mixture, condition):
        """[B, L] and [B, D] to [B, L]."""
        window = torch.hann_window(self.fft, dtype=mixture.dtype)
        spectrum = torch.stft(mixture, self.fft, self.hop, window=window, return_complex=True).transpose(1, 2)
        x = spectrum.abs().square().clamp(min=1e-10).sqrt()[:, None]
        x = self.base.bn0(x.transpose(1, 3)).transpose(1, 3)
        frames = x.shape[2]
        x = functional.pad(x, (0, -1, 0, -frames % 32))
        x = self.base.pre_conv(x)
        skips = []
        for level in range(1, 7):
            block = self.base.get_submodule(f"encoder_block{level}.conv_block1")
            x = block(x, self.shifts(condition, f"encoder_block{level}->conv_block1"))
            self.taps[f"encoder_block{level}"] = x
            skips.append(x)
            x = functional.avg_pool2d(x, (1, 2) if level == 6 else 2)
        x = self.base.conv_block7a.conv_block1(x, self.shifts(condition, "conv_block7a->conv_block1"))
        self.taps["conv_block7a"] = x
        for level in range(1, 7):
            block = self.base.get_submodule(f"decoder_block{level}")
            x = block(x, skips.pop(), self.shifts(condition, f"decoder_block{level}"))
            self.taps[f"decoder_block{level}"] = x
        x = self.base.after_conv(x)
        self.taps["after_conv"] = x
        x = functional.pad(x, (0, 1))[:, :, :frames]
        re, im = torch.tanh(x[:, 1]), torch.tanh(x[:, 2])
        phase = torch.complex(re, im) / torch.hypot(re, im).clamp(min=1e-10)
        masked = (torch.sigmoid(x[:, 0]) * spectrum * phase).transpose(1, 2)
        return torch.istft(masked, self.fft, self.hop, window=window, length=mixture.shape[1])


def randomise(model):
    """Values that leave no parameter without effect."""
    for name, tensor in model.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif name.endswith("running_mean") or name.endswith("bias"):
            tensor.uniform_(-0.2, 0.2)
        elif ".bn" in name and name.endswith("weight"):
            tensor.uniform_(0.7, 1.3)
        elif name.endswith("weight"):
            tensor.normal_(0, math.sqrt(1.5 / tensor[0].numel()))


def check(folder):
    """Compares the description with the reference's class."""
    sys.path.insert(0, folder)
    from uss.models.resunet import ResUNet30 as Reference

    own = ResUNet30([32, 64, 128, 256, 384, 384], 384, 2048, 320, 527).eval()
    reference = Reference(1, 1, 527).eval()
    randomise(own)
    reference.load_state_dict(own.state_dict(), strict=False)
    mixture, condition = 0.1 * torch.randn(1, 20011), torch.rand(1, 527)
    expected = reference({"mixture": mixture[:, None], "condition": condition})["waveform"][:, 0]
    error = (own(mixture, condition) - expected).abs().max() / expected.abs().max()
    print(f"off the reference by {error:.1e} of its peak")
    assert error < 1e-5


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference", help="a folder with the package uss")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    if options.reference:
        check(options.reference)
    torch.manual_seed(SEED)
    sizes = dict(widths=[2, 3, 4, 5, 6, 7], middle=8, fft=128, hop=32, condition=5)
    model = ResUNet30(**sizes).eval()
    randomise(model)
    FOLDER.mkdir(parents=True, exist_ok=True)
    # As the training program keeps it, with what belongs to others.
    state = {f"ss_model.{name}": tensor for name, tensor in model.state_dict().items()}
    state["anchor_segment_detector.sed_model.bn0.weight"] = torch.ones(1)
    torch.save({"epoch": 1, "state_dict": state, "optimizer_states": [{"step": 1}]}, FOLDER / "model.ckpt")
    time = torch.arange(1501) / 8000
    mixture = torch.stack(
        [
            0.3 * torch.sin(2 * math.pi * (200 + 900 * time) * time) + 0.05 * torch.randn(len(time)),
            0.2 * torch.sin(2 * math.pi * 440 * time) * (time > 0.1),
        ]
    )
    condition = torch.rand(2, sizes["condition"])
    waveform = model(mixture, condition)
    tensors = {"mixture": mixture, "condition": condition, "waveform": waveform}
    for name, tap in model.taps.items():
        # Channels last; every third frame of the first signal.
        tensors[name] = tap[0].permute(1, 2, 0)[::3].contiguous()
    save_file(
        tensors, FOLDER / "expected.safetensors",
        metadata={"script": "Tools/Goldens/resunet30.py", "seed": str(SEED), "torch": torch.__version__},
    )


if __name__ == "__main__":
    main()
