#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of UniversalSeparationTests for HTS-AT: a tiny seeded network on synthesised sound, in double
precision.

The network is written here after "HTS-AT: A Hierarchical Token-Semantic Audio Transformer for Sound Classification and
Detection" (Chen and others, 2022) and "Swin Transformer" (Liu and others, 2021), with rolled grids and masks as these
have it, and with the names that the training program gives its parameters. Needs what
Tools/Goldens/requirements.txt names:

    python Tools/Goldens/htsat.py
"""

import pathlib

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from tagger_front_end import halved, log_mel, mel_bands, randomise, signal

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/UniversalSeparationTests/Goldens/htsat"
SEED = 96
BANDS, SIDE, PATCH, WINDOW = 32, 16, 4, 4
CHANNELS, DEPTHS, HEADS = 4, [2, 2, 2], [1, 2, 4]
CLASSES = 5
CHUNKS = SIDE * PATCH // BANDS
FRAMES = CHUNKS * SIDE * PATCH


def windows(x):
    """[H, W, ...] to [windows, WINDOW², ...]."""
    h, w = x.shape[:2]
    x = x.reshape(h // WINDOW, WINDOW, w // WINDOW, WINDOW, *x.shape[2:]).movedim(2, 1)
    return x.reshape(-1, WINDOW * WINDOW, *x.shape[4:])


def grid(x, side):
    """The other way."""
    count = side // WINDOW
    return x.reshape(count, count, WINDOW, WINDOW, -1).movedim(1, 2).reshape(side, side, -1)


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * WINDOW - 1) ** 2, heads))
        place = torch.stack(torch.meshgrid(torch.arange(WINDOW), torch.arange(WINDOW), indexing="ij")).flatten(1)
        distance = place[:, :, None] - place[:, None] + WINDOW - 1
        self.register_buffer("relative_position_index", distance[0] * (2 * WINDOW - 1) + distance[1])
        self.qkv = nn.Linear(channels, 3 * channels)
        self.proj = nn.Linear(channels, channels)

    def forward(self, x, mask):
        n, tokens, channels = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.mT * (channels // self.heads) ** -0.5
        scores = scores + self.relative_position_bias_table[self.relative_position_index].movedim(2, 0)
        if mask is not None:
            scores = scores + mask[:, None]
        return self.proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, tokens, channels))


class Block(nn.Module):
    def __init__(self, side, channels, heads, is_shifted):
        super().__init__()
        self.side, self.shift = side, WINDOW // 2 if is_shifted and side > WINDOW else 0
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attn = Attention(channels, heads)
        self.mlp = nn.ModuleDict(
            {"fc1": nn.Linear(channels, 4 * channels), "fc2": nn.Linear(4 * channels, channels)})
        mask = None
        if self.shift:
            labels = torch.zeros(side, side)
            bands = [slice(0, -WINDOW), slice(-WINDOW, -self.shift), slice(-self.shift, None)]
            for i, rows in enumerate(bands):
                for j, columns in enumerate(bands):
                    labels[rows, columns] = 3 * i + j
            labels = windows(labels)
            mask = torch.where(labels[:, :, None] == labels[:, None], 0.0, -100.0)
        self.register_buffer("attn_mask", mask)

    def forward(self, x):
        y = self.norm1(x).reshape(self.side, self.side, -1)
        y = windows(torch.roll(y, (-self.shift, -self.shift), (0, 1)))
        y = grid(self.attn(y, self.attn_mask), self.side)
        x = x + torch.roll(y, (self.shift, self.shift), (0, 1)).reshape(x.shape)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class Downsample(nn.Module):
    def __init__(self, side, channels):
        super().__init__()
        self.side = side
        self.norm = nn.LayerNorm(4 * channels)
        self.reduction = nn.Linear(4 * channels, 2 * channels, bias=False)

    def forward(self, x):
        x = x.reshape(self.side, self.side, -1)
        x = torch.cat([x[i::2, j::2] for i, j in [(0, 0), (1, 0), (0, 1), (1, 1)]], -1)
        return self.reduction(self.norm(x.flatten(0, 1)))


class HTSAT(nn.Module):
    def __init__(self):
        super().__init__()
        self.logmel_extractor = nn.Module()
        self.logmel_extractor.register_buffer("melW", mel_bands(BANDS).half().double())
        self.bn0 = nn.BatchNorm1d(BANDS)
        self.patch_embed = nn.ModuleDict(
            {"proj": nn.Conv2d(1, CHANNELS, PATCH, PATCH), "norm": nn.LayerNorm(CHANNELS)})
        self.layers = nn.ModuleList()
        for stage, (depth, heads) in enumerate(zip(DEPTHS, HEADS)):
            side, channels = SIDE >> stage, CHANNELS << stage
            layer = nn.ModuleDict(
                {"blocks": nn.ModuleList([Block(side, channels, heads, i % 2 == 1) for i in range(depth)])})
            if stage + 1 < len(DEPTHS):
                layer["downsample"] = Downsample(side, channels)
            self.layers.append(layer)
        self.norm = nn.LayerNorm(CHANNELS << len(DEPTHS) - 1)
        last = SIDE >> len(DEPTHS) - 1
        self.tscam_conv = nn.Conv2d(CHANNELS << len(DEPTHS) - 1, CLASSES, (last // CHUNKS, 3), padding=(0, 1))
        self.head = nn.Linear(CLASSES, CLASSES)

    def image(self, mel):
        """A spectrogram of at most FRAMES frames as an image, pieces of time below each other."""
        x = self.bn0(mel)[None, None]
        if len(mel) < FRAMES:
            x = F.interpolate(x, (FRAMES, BANDS), mode="bicubic", align_corners=True)
        return torch.cat(x[0, 0].split(FRAMES // CHUNKS), 1).T

    def forward(self, mel):
        image = self.image(mel)
        x = self.patch_embed["norm"](self.patch_embed["proj"](image[None, None])[0].flatten(1).T)
        taps = {"image": image, "patch_embed": x}
        for number, layer in enumerate(self.layers):
            for index, block in enumerate(layer["blocks"]):
                x = block(x)
                taps[f"layers.{number}.blocks.{index}"] = x
            if "downsample" in layer:
                x = layer["downsample"](x)
            taps[f"layers.{number}"] = x
        x = self.norm(x)
        last = SIDE >> len(DEPTHS) - 1
        # Pieces of time one after the other again, with what is left of the frequencies as rows.
        y = x.T.reshape(-1, CHUNKS, last // CHUNKS, last).transpose(1, 2).flatten(2)
        steps = self.tscam_conv(y[None])[0, :, 0].T
        return taps | {
            "norm": x, "steps": torch.sigmoid(steps), "clipwise": torch.sigmoid(steps.mean(0)), "latent": x.mean(0),
        }

    def tags(self, mel, is_repeated=False):
        if is_repeated:
            return self(mel.repeat(FRAMES // len(mel), 1))
        if len(mel) <= FRAMES:
            return self(mel)
        length, step = (len(mel) - 1) // 2, (len(mel) - 1) // 4
        parts = [self(mel[i:i + length]) for i in range(0, len(mel) - length - 1, step)]
        return {
            stage: torch.stack([part[stage] for part in parts]).mean(0) for stage in ["steps", "clipwise", "latent"]
        }


@torch.no_grad()
def main():
    torch.set_default_dtype(torch.float64)
    model = HTSAT().eval()
    randomise(model, SEED)
    state = halved(model.state_dict())
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": {f"sed_model.{name}": value for name, value in state.items()}}, FOLDER / "model.ckpt")
    x = signal(11500, SEED).float()
    expected = {"input": x}
    cases = {"stretched": (5000, False), "full": (10100, False), "repeated": (3000, True), "long": (11500, False)}
    for name, (samples, is_repeated) in cases.items():
        mel = log_mel(x[:samples].double(), model.logmel_extractor.melW)
        outputs = model.tags(mel, is_repeated)
        kept = outputs if name == "stretched" else {k: outputs[k] for k in ["steps", "clipwise", "latent"]}
        expected |= {f"{name}.{stage}": tensor.float().contiguous() for stage, tensor in kept.items()}
    save_file(
        expected, FOLDER / "expected.safetensors",
        {"script": "Tools/Goldens/htsat.py", "seed": str(SEED), "torch": torch.__version__})


if __name__ == "__main__":
    main()
