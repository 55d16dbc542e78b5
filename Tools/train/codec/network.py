# SPDX-License-Identifier: Apache-2.0
"""The codec's network, written frames-first for speed on a CPU.

The same computation as WavTokenizer (a SEANet encoder with a memory, one codebook, a Vocos decoder with
attention and ConvNeXt blocks), at sizes of its own. Signals run as `[batch, frames, channels]`: a
convolution over two strides is then two matrix products of the frames in groups, and one over three
frames a product of three shifted copies side by side.

`tensors` and `load_tensors` translate to the layout in which WavTokenizers are exchanged.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Shape:
    """The sizes of a codec; encoder strides are listed from the waveform inwards."""

    filters: int = 16
    strides: tuple[int, ...] = (8, 5, 4, 2)
    code_dimension: int = 32
    codes: int = 4096
    memory_layers: int = 1
    channels: int = 192
    hidden: int = 576
    blocks: int = 5
    window: int = 1280
    sample_rate: int = 24000

    @property
    def hop(self) -> int:
        return math.prod(self.strides)


def mirrored(x: torch.Tensor, left: int, right: int) -> torch.Tensor:
    """More frames at both ends, mirrored at the first and the last one."""
    parts = [x[:, 1 : left + 1].flip(1)] if left else []
    parts.append(x)
    if right:
        parts.append(x[:, -right - 1 : -1].flip(1))
    return torch.cat(parts, 1)


def side_by_side(x: torch.Tensor, length: int, frames: int) -> torch.Tensor:
    """Windows of `length` frames, `[batch, frames, length * channels]`."""
    return torch.cat([x[:, tap : tap + frames] for tap in range(length)], -1)


class Convolution(nn.Module):
    """A convolution over `kernel` frames, stride 1, between mirrored or zero frames."""

    def __init__(self, inputs: int, outputs: int, kernel: int, mirrors: bool):
        super().__init__()
        self.kernel, self.mirrors = kernel, mirrors
        self.product = nn.Linear(kernel * inputs, outputs)

    def forward(self, x):
        reach = self.kernel // 2
        frames = x.shape[1]
        x = mirrored(x, reach, reach) if self.mirrors else F.pad(x, (0, 0, reach, reach))
        return self.product(side_by_side(x, self.kernel, frames))

    def weight(self):
        outputs = self.product.weight.shape[0]
        return self.product.weight.view(outputs, self.kernel, -1).transpose(1, 2)

    def set_weight(self, weight):
        self.product.weight.copy_(weight.transpose(1, 2).flatten(1))


class Downsampling(nn.Module):
    """A convolution over two strides of frames, `stride` frames apart."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.stride = stride
        self.early = nn.Linear(stride * inputs, outputs)
        self.late = nn.Linear(stride * inputs, outputs, bias=False)

    def forward(self, x):
        batch, frames, channels = x.shape
        x = mirrored(x, self.stride - self.stride // 2, self.stride // 2)
        x = x.reshape(batch, frames // self.stride + 1, self.stride * channels)
        return self.early(x[:, :-1]) + self.late(x[:, 1:])

    def weight(self):
        outputs = self.early.weight.shape[0]
        parts = [part.weight.view(outputs, self.stride, -1) for part in (self.early, self.late)]
        return torch.cat(parts, 1).transpose(1, 2)

    def set_weight(self, weight):
        early, late = weight.transpose(1, 2).split(self.stride, 1)
        self.early.weight.copy_(early.flatten(1))
        self.late.weight.copy_(late.flatten(1))


class EncoderBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.narrow = Convolution(channels, channels // 2, 3, mirrors=True)
        self.widen = nn.Linear(channels // 2, channels)
        self.shortcut = nn.Linear(channels, channels)

    def forward(self, x):
        return self.shortcut(x) + self.widen(F.elu(self.narrow(F.elu(x))))


class Encoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.first = nn.Linear(7, shape.filters)
        widths = [shape.filters * 2**index for index in range(len(shape.strides) + 1)]
        self.blocks = nn.ModuleList(EncoderBlock(width) for width in widths[:-1])
        self.steps = nn.ModuleList(
            Downsampling(narrow, wide, stride)
            for narrow, wide, stride in zip(widths, widths[1:], shape.strides)
        )
        self.memory = nn.LSTM(widths[-1], widths[-1], shape.memory_layers, batch_first=True)
        self.last = Convolution(widths[-1], shape.code_dimension, 7, mirrors=True)
        self.whole = self.convolved

    def convolved(self, wave):
        x = mirrored(wave.unsqueeze(2), 3, 3).squeeze(2).unfold(1, 7, 1)
        x = self.first(x)
        for block, step in zip(self.blocks, self.steps):
            x = step(F.elu(block(x)))
        return x

    def forward(self, wave):
        x = self.whole(wave)
        return self.last(F.elu(self.memory(x)[0] + x))


def group_norm(x, weight, bias, groups=32):
    """Over all frames and a group of channels together."""
    grouped = x.float().unflatten(2, (groups, -1))
    variance, mean = torch.var_mean(grouped, (1, 3), correction=0, keepdim=True)
    return ((grouped - mean) * torch.rsqrt(variance + 1e-6)).flatten(2) * weight + bias


class GroupNorm(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        return group_norm(x, self.weight, self.bias)


class ResidualBlock(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.norm1, self.norm2 = GroupNorm(channels), GroupNorm(channels)
        self.conv1 = Convolution(channels, channels, 3, mirrors=False)
        self.conv2 = Convolution(channels, channels, 3, mirrors=False)

    def forward(self, x):
        y = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(y)))


class Attention(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.norm = GroupNorm(channels)
        self.q, self.k, self.v, self.proj_out = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, x):
        y = self.norm(x)
        scores = self.q(y) @ self.k(y).transpose(1, 2) * y.shape[-1] ** -0.5
        return x + self.proj_out(torch.softmax(scores.float(), -1).to(x.dtype) @ self.v(y))


class ConvNeXtBlock(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        channels = shape.channels
        self.taps = nn.Parameter(torch.randn(7, channels) * 0.2)
        self.taps_bias = nn.Parameter(torch.zeros(channels))
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.widen = nn.Linear(channels, shape.hidden)
        self.narrow = nn.Linear(shape.hidden, channels)
        self.gamma = nn.Parameter(torch.full((channels,), 1 / shape.blocks))

    def forward(self, x):
        frames = x.shape[1]
        padded = F.pad(x, (0, 0, 3, 3))
        y = self.taps_bias
        for tap in range(7):
            y = y + padded[:, tap : tap + frames] * self.taps[tap]
        return x + self.gamma * self.narrow(F.gelu(self.widen(self.norm(y))))


class Decoder(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        channels = shape.channels
        self.embed = Convolution(shape.code_dimension, channels, 7, mirrors=False)
        self.before = nn.ModuleList(ResidualBlock(channels) for _ in range(2))
        self.attention = Attention(channels)
        self.after = nn.ModuleList(ResidualBlock(channels) for _ in range(2))
        self.group_norm = GroupNorm(channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.blocks = nn.ModuleList(ConvNeXtBlock(shape) for _ in range(shape.blocks))
        self.last_norm = nn.LayerNorm(channels, eps=1e-6)
        self.head = nn.Linear(channels, shape.window + 2)
        self.whole = self.features

    def features(self, x):
        x = self.embed(x)
        for block in self.before:
            x = block(x)
        x = self.attention(x)
        for block in self.after:
            x = block(x)
        x = self.norm(self.group_norm(x))
        for block in self.blocks:
            x = block(x)
        return self.last_norm(x)

    def forward(self, x):
        return self.whole(x)


class Codebook(nn.Module):
    """Codes that follow the means of what they are chosen for; unused ones start anew."""

    def __init__(self, shape: Shape, decay: float = 0.99):
        super().__init__()
        self.decay = decay
        self.register_buffer("embed", torch.zeros(shape.codes, shape.code_dimension))
        self.register_buffer("embed_avg", torch.zeros(shape.codes, shape.code_dimension))
        self.register_buffer("cluster_size", torch.ones(shape.codes))

    def tokens(self, x):
        """The nearest code of every frame."""
        return (x @ self.embed.t() * 2 - self.embed.square().sum(1)).argmax(-1)

    @torch.no_grad()
    def begin(self, frames, rounds: int = 12):
        """k-means over `[count, dimension]` frames."""
        self.embed.copy_(frames[torch.randperm(len(frames))[: len(self.embed)]])
        for _ in range(rounds):
            sums, sizes = self.collected(frames)
            alive = sizes > 0
            self.embed[alive] = sums[alive] / sizes[alive, None]
            dead = (~alive).nonzero()[:, 0]
            self.embed[dead] = frames[torch.randint(len(frames), (len(dead),))]
        self.cluster_size.fill_(1)
        self.embed_avg.copy_(self.embed)

    def collected(self, frames):
        tokens = self.tokens(frames)
        sums = torch.zeros_like(self.embed).index_add_(0, tokens, frames)
        return sums, torch.bincount(tokens, minlength=len(self.embed)).float()

    @torch.no_grad()
    def follow(self, frames, least: float = 0.05):
        """Moves the codes; those chosen less than `least` times a step, on average, start anew."""
        sums, sizes = self.collected(frames)
        self.cluster_size.lerp_(sizes, 1 - self.decay)
        self.embed_avg.lerp_(sums, 1 - self.decay)
        dead = (self.cluster_size < least).nonzero()[:, 0]
        # Few at a time: a step has few frames to start from.
        dead = dead[torch.randperm(len(dead))[: len(frames) // 16]]
        self.cluster_size[dead] = 3 * least
        self.embed_avg[dead] = 3 * least * frames[torch.randint(len(frames), (len(dead),))]
        self.embed.copy_(self.embed_avg / self.cluster_size.clamp(min=1e-5)[:, None])


class Codec(nn.Module):
    """Waveforms `[batch, samples]`, whole hops, to reconstructed waveforms."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.encoder, self.decoder = Encoder(shape), Decoder(shape)
        self.codebook = Codebook(shape)
        self.register_buffer("window", torch.hann_window(shape.window))

    def encoded(self, wave, fast=False):
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            x = self.encoder(wave)
        return x.float()

    def decoded(self, codes, fast=False):
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            x = self.decoder(codes)
        return self.synthesised(self.decoder.head(x.float()))

    def synthesised(self, x):
        """Log magnitudes and phases to samples: the inverse transform, framed as 'same'."""
        size, hop = self.shape.window, self.shape.hop
        magnitude, phase = x.chunk(2, -1)
        magnitude = torch.exp(magnitude).clip(max=1e2)
        spectrum = torch.complex(magnitude * torch.cos(phase), magnitude * torch.sin(phase))
        frames = torch.fft.irfft(spectrum, size) * self.window
        whole = overlapped(frames, hop)
        squares = overlapped((self.window**2).expand(1, x.shape[1], size), hop)
        cut = (size - hop) // 2
        return whole[:, cut:-cut] / squares[:, cut:-cut]

    def tokens(self, wave):
        return self.codebook.tokens(self.encoded(wave))

    def forward(self, wave):
        """The reconstruction through the tokens, as the exported file gives it."""
        return self.decoded(self.codebook.embed[self.tokens(wave)])


def overlapped(frames, hop):
    """`[batch, frames, window]` added at hops; the window is a whole number of them."""
    pieces = frames.unflatten(2, (-1, hop))
    count = pieces.shape[2]
    total = 0.0
    for part in range(count):
        total = total + F.pad(pieces[:, :, part], (0, 0, part, count - 1 - part))
    return total.flatten(1)


ENCODER = "feature_extractor.encodec.encoder.model"
CODEBOOK = "feature_extractor.encodec.quantizer.vq.layers.0._codebook"


def places(codec: Codec):
    """Rows of: name in the exchanged layout, how to read the value, how to write it."""

    def plain(name, parameter, shape=None):
        yield name, lambda: parameter.view(shape or parameter.shape), lambda value: parameter.copy_(
            value.view(parameter.shape)
        )

    def product(name, layer, kernel_axis=True):
        shape = (*layer.weight.shape, 1) if kernel_axis else None
        yield from plain(f"{name}.weight", layer.weight, shape)
        yield from plain(f"{name}.bias", layer.bias)

    def convolution(name, layer, bias):
        yield f"{name}.weight", layer.weight, layer.set_weight
        yield from plain(f"{name}.bias", bias)

    def norm(name, layer):
        yield from plain(f"{name}.weight", layer.weight)
        yield from plain(f"{name}.bias", layer.bias)

    def adaptive(name, layer):
        yield from plain(f"{name}.scale.weight", layer.weight, (1, -1))
        yield from plain(f"{name}.shift.weight", layer.bias, (1, -1))

    def encoder():
        part = codec.encoder
        first = part.first
        yield from plain(f"{ENCODER}.0.conv.conv.weight", first.weight, (first.weight.shape[0], 1, 7))
        yield from plain(f"{ENCODER}.0.conv.conv.bias", first.bias)
        for index, (block, step) in enumerate(zip(part.blocks, part.steps)):
            path = f"{ENCODER}.{3 * index + 1}"
            narrow = block.narrow
            yield from convolution(f"{path}.block.1.conv.conv", narrow, narrow.product.bias)
            yield from product(f"{path}.block.3.conv.conv", block.widen)
            yield from product(f"{path}.shortcut.conv.conv", block.shortcut)
            path = f"{ENCODER}.{3 * index + 3}.conv.conv"
            yield from convolution(path, step, step.early.bias)
        place = 3 * len(part.steps) + 1
        for name, parameter in part.memory.named_parameters():
            yield from plain(f"{ENCODER}.{place}.lstm.{name}", parameter)
        last = part.last
        yield from convolution(f"{ENCODER}.{place + 2}.conv.conv", last, last.product.bias)

    def decoder():
        part = codec.decoder
        yield from convolution("backbone.embed", part.embed, part.embed.product.bias)
        for place, block in zip((0, 1, 3, 4), [*part.before, *part.after]):
            path = f"backbone.pos_net.{place}"
            for number, layer in ((1, block.norm1), (2, block.norm2)):
                yield from norm(f"{path}.norm{number}", layer)
            for number, layer in ((1, block.conv1), (2, block.conv2)):
                yield from convolution(f"{path}.conv{number}", layer, layer.product.bias)
        yield from norm("backbone.pos_net.2.norm", part.attention.norm)
        for name in ("q", "k", "v", "proj_out"):
            yield from product(f"backbone.pos_net.2.{name}", getattr(part.attention, name))
        yield from norm("backbone.pos_net.5", part.group_norm)
        yield from adaptive("backbone.norm", part.norm)
        for index, block in enumerate(part.blocks):
            path = f"backbone.convnext.{index}"
            yield f"{path}.dwconv.weight", lambda b=block: b.taps.t().unsqueeze(1), (
                lambda value, b=block: b.taps.copy_(value.squeeze(1).t())
            )
            yield from plain(f"{path}.dwconv.bias", block.taps_bias)
            yield from adaptive(f"{path}.norm", block.norm)
            yield from product(f"{path}.pwconv1", block.widen, kernel_axis=False)
            yield from product(f"{path}.pwconv2", block.narrow, kernel_axis=False)
            yield from plain(f"{path}.gamma", block.gamma)
        yield from norm("backbone.final_layer_norm", part.last_norm)
        yield from product("head.out", part.head, kernel_axis=False)

    yield from encoder()
    yield from plain(f"{CODEBOOK}.embed", codec.codebook.embed)
    yield from decoder()


@torch.no_grad()
def tensors(codec: Codec) -> dict[str, torch.Tensor]:
    """All that the exchanged layout holds."""
    return {name: read().detach().clone().contiguous() for name, read, _ in places(codec)}


@torch.no_grad()
def load_tensors(codec: Codec, values: dict[str, torch.Tensor]):
    """The inverse of `tensors`."""
    for name, _, write in places(codec):
        write(values[name].float())
