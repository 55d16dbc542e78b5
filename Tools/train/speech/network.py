# SPDX-License-Identifier: Apache-2.0
"""A causal Conv-TasNet with channel-wise layer norm, written frames-first.

Everything between the two filterbanks runs on `[batch, frames, channels]`: a 1x1 convolution is then
a plain matrix product, channel-wise layer norm is an ordinary layer norm over the last axis, and the
dilated depth-wise convolution of three taps is three shifted multiply-adds. On a CPU that is several
times faster than the textbook `[batch, channels, frames]` form. `checkpoint.py` turns the parameters
into the layout in which checkpoints are exchanged.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

NORM_EPSILON = 1e-8


@dataclass(frozen=True)
class Shape:
    """The sizes of a network; the letters are those of the Conv-TasNet paper."""

    filters: int = 960  # N: 240 frequencies in four phases
    kernel: int = 480  # L, samples
    stride: int = 160  # samples
    bottleneck: int = 128  # B
    hidden: int = 256  # H
    skip: int = 128  # Sc
    taps: int = 3  # P
    blocks: int = 6  # X, dilations 1, 2, 4 ... 2^(X-1)
    repeats: int = 2  # R
    sources: int = 2
    sample_rate: int = 16000


class Block(nn.Module):
    """One dilated depth-wise separable block with a residual and a skip output."""

    def __init__(self, shape: Shape, dilation: int):
        super().__init__()
        self.dilation = dilation
        self.taps = shape.taps
        self.expand = nn.Linear(shape.bottleneck, shape.hidden)
        self.first_slope = nn.Parameter(torch.full((1,), 0.25))
        self.first_norm = nn.LayerNorm(shape.hidden, eps=NORM_EPSILON)
        self.depthwise = nn.Parameter(torch.randn(shape.taps, shape.hidden) * 0.4)
        self.depthwise_bias = nn.Parameter(torch.zeros(shape.hidden))
        self.second_slope = nn.Parameter(torch.full((1,), 0.25))
        self.second_norm = nn.LayerNorm(shape.hidden, eps=NORM_EPSILON)
        # The residual and the skip head read the same features: one product makes both.
        self.heads = nn.Linear(shape.hidden, shape.bottleneck + shape.skip)
        self.bottleneck = shape.bottleneck

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.first_norm(F.prelu(self.expand(x), self.first_slope))
        reach = (self.taps - 1) * self.dilation
        padded = F.pad(y, (0, 0, reach, 0))
        frames = y.shape[1]
        z = self.depthwise_bias
        for tap in range(self.taps):
            start = tap * self.dilation
            z = z + padded[:, start : start + frames] * self.depthwise[tap]
        z = self.second_norm(F.prelu(z, self.second_slope))
        out = self.heads(z)
        return x + out[..., : self.bottleneck], out[..., self.bottleneck :]


def windowed_waves(shape: Shape) -> torch.Tensor:
    """Filters to start from: windowed cosines and sines on an even grid of frequencies, and their negatives.

    Behind the rectifier the four phases of a frequency sum to about its magnitude, which no linear
    filterbank shows; the difference of opposite phases still has the wave.
    """
    time = torch.arange(shape.kernel) + 0.5
    window = torch.sin(torch.pi * time / shape.kernel)
    count = shape.filters // 4
    turns = (torch.arange(count) + 0.5).unsqueeze(1) / count * torch.pi * (time - shape.kernel / 2)
    filters = torch.cat([torch.cos(turns), torch.sin(turns)]) * window
    return torch.cat([filters, -filters]) / filters.square().sum(1).mean().sqrt()


def overlap_add(frames: torch.Tensor, stride: int) -> torch.Tensor:
    """`[batch, frames, sources, kernel]` to `[batch, sources, samples]`; kernel = stride * whole."""
    pieces = frames.transpose(1, 2).unflatten(-1, (-1, stride))
    count = pieces.shape[-2]
    total = 0.0
    for part in range(count):
        total = total + F.pad(pieces[..., part, :], (0, 0, part, count - 1 - part))
    return total.flatten(-2)


class Network(nn.Module):
    """Waveforms `[batch, samples]` to stems `[batch, sources, samples]`."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.fast = False  # bfloat16 products; for training only
        # The analysis filters work at a level at which the norm's epsilon (1e-8, inside the root)
        # matters for quiet frames: the network can then tell a pause from a loud frame, which a
        # per-frame norm otherwise hides. `level` moves that knee; the synthesis filters undo it.
        self.level = nn.Parameter(torch.tensor(-4.6))
        filters = windowed_waves(shape)
        self.analysis = nn.Parameter(filters.clone())
        # With masks of one half everywhere this returns the mixture; opposite filters share the work.
        gain = 4 * shape.stride / filters.square().sum()
        self.synthesis = nn.Parameter(filters * gain)
        self.input_norm = nn.LayerNorm(shape.filters, eps=NORM_EPSILON)
        # Speech falls off towards high frequencies: without this they would hardly be heard at first.
        hertz = (torch.arange(shape.filters) % (shape.filters // 4) + 0.5) * (
            2 * shape.sample_rate / shape.filters
        )
        with torch.no_grad():
            self.input_norm.weight.copy_((1 + (hertz / 400) ** 2).sqrt().clamp(max=8))
        self.reduce = nn.Linear(shape.filters, shape.bottleneck)
        self.blocks = nn.ModuleList(
            Block(shape, 2**x) for _ in range(shape.repeats) for x in range(shape.blocks)
        )
        self.output_slope = nn.Parameter(torch.full((1,), 0.25))
        self.masks = nn.Linear(shape.skip, shape.sources * shape.filters)

    def core(self, encoded: torch.Tensor) -> torch.Tensor:
        """Encoded frames `[batch, frames, N]` to masks `[batch, frames, sources * N]`."""
        x = self.reduce(self.input_norm(encoded))
        total = None
        for block in self.blocks:
            x, skip = block(x)
            total = skip if total is None else total + skip
        return torch.sigmoid(self.masks(F.prelu(total, self.output_slope)))

    def forward(self, mixture: torch.Tensor) -> torch.Tensor:
        shape = self.shape
        scale = torch.exp(self.level)
        frames = mixture.unfold(-1, shape.kernel, shape.stride).contiguous()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.fast):
            encoded = torch.relu(frames @ (self.analysis * scale).t()).float()
            masks = self.core(encoded).float()
            masked = masks.unflatten(-1, (shape.sources, shape.filters)) * encoded.unsqueeze(2)
            pieces = (masked @ (self.synthesis / scale)).float()
        stems = overlap_add(pieces, shape.stride)
        return F.pad(stems, (0, mixture.shape[-1] - stems.shape[-1]))
