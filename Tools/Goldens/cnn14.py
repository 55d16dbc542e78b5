#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of UniversalSeparationTests for Cnn14: a tiny seeded network on synthesised sound, in double
precision.

The network is written here after table 2 of "PANNs: Large-Scale Pretrained Audio Neural Networks for Audio Pattern
Recognition" (Kong and others, 2020), with the names that PANNs' releases give its parameters. Needs what
Tools/Goldens/requirements.txt names:

    python Tools/Goldens/cnn14.py
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from tagger_front_end import WINDOW, halved, log_mel, mel_bands, randomise, signal

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/UniversalSeparationTests/Goldens/cnn14"
SEED = 14
BANDS = 64
# One width for each way in which a 3×3 convolution may be computed.
WIDTHS = [2, 3, 32, 4, 5, 6]
EMBEDDING, CLASSES = 7, 9


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x, cell):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.avg_pool2d(x, cell)


class Cnn14(nn.Module):
    def __init__(self):
        super().__init__()
        self.bn0 = nn.BatchNorm2d(BANDS)
        for number, (inputs, outputs) in enumerate(zip([1] + WIDTHS, WIDTHS), 1):
            setattr(self, f"conv_block{number}", Block(inputs, outputs))
        self.fc1 = nn.Linear(WIDTHS[-1], EMBEDDING)
        self.fc_audioset = nn.Linear(EMBEDDING, CLASSES)

    def steps(self, mel, taps):
        """[frames, bands] to [1, C, steps]."""
        x = self.bn0(mel.T[None, :, :, None])[0, :, :, 0].T[None, None]
        taps["bn0"] = x[0, 0]
        for number in range(1, len(WIDTHS) + 1):
            x = getattr(self, f"conv_block{number}")(x, 2 if number < len(WIDTHS) else 1)
            taps[f"conv_block{number}"] = x[0]
        return x.mean(3)

    def clip(self, mel):
        taps = {}
        x = self.steps(mel, taps)
        pooled = x.amax(2) + x.mean(2)
        embedding = F.relu(self.fc1(pooled))
        return taps | {
            "pooled": pooled[0], "embedding": embedding[0],
            "clipwise": torch.sigmoid(self.fc_audioset(embedding))[0],
        }

    def events(self, mel):
        x = self.steps(mel, {})
        x = F.max_pool1d(x, 3, 1, 1) + F.avg_pool1d(x, 3, 1, 1)
        segmentwise = torch.sigmoid(self.fc_audioset(F.relu(self.fc1(x[0].T))))
        framewise = segmentwise.repeat_interleave(32, 0)
        rest = len(mel) - len(framewise)
        framewise = torch.cat([framewise, framewise[-1:].expand(rest, -1)])
        return {"segmentwise": segmentwise, "events.clipwise": segmentwise.amax(0), "framewise": framewise}


@torch.no_grad()
def main():
    torch.set_default_dtype(torch.float64)
    model = Cnn14().eval()
    randomise(model, SEED)
    bands = mel_bands(BANDS)
    state = halved(model.state_dict())
    stated = state | {
        "spectrogram_extractor.stft.conv_real.weight": torch.zeros(1, 1, WINDOW).half(),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A release without the mel bands, in the container of releases.
    torch.save(
        {"iteration": 1, "model": stated}, FOLDER / "model.pth", _use_new_zipfile_serialization=False)
    expected = {}
    for name, samples in {"long": 8000, "short": 2600}.items():
        x = signal(samples, SEED)
        expected[f"{name}.input"] = x.float()
        mel = log_mel(x.float().double(), bands)
        outputs = {"logmel": mel} | model.clip(mel) | model.events(mel)
        if name == "long":
            for stage in ["logmel", "conv_block1", "conv_block2", "framewise", "bn0"]:
                del outputs[stage]
        expected |= {f"{name}.{stage}": tensor.float().contiguous() for stage, tensor in outputs.items()}
    save_file(
        expected, FOLDER / "expected.safetensors",
        {"script": "Tools/Goldens/cnn14.py", "seed": str(SEED), "torch": torch.__version__})


if __name__ == "__main__":
    main()
