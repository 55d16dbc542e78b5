# SPDX-License-Identifier: Apache-2.0
"""The spectral half of Hybrid Demucs as a soft mask, channels-last so that it is quick on a CPU.

A U-Net along frequency over compressed magnitudes of both channels, of their sum and of their difference. Its outputs are
logits; a softmax over the sources makes masks of them, which multiply the mixture's spectrogram.
"""

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

SOURCES = ["drums", "bass", "other", "vocals"]
RATE = 44100


@dataclass
class Shape:
    channels: int = 32
    growth: float = 1.5
    depth: int = 5
    fft: int = 4096
    residual_depth: int = 2
    residual_compression: int = 4
    exponent: float = 0.3


def spectra(wave: torch.Tensor, shape: Shape) -> torch.Tensor:
    """`[..., samples]` to `[..., fft / 2, frames]`, complex; frames a quarter of the window apart, the first at
    the first sample; the highest frequency is left out."""
    lead, hop = wave.shape[:-1], shape.fft // 4
    window = torch.hann_window(shape.fft, device=wave.device)
    z = torch.stft(
        wave.reshape(-1, wave.shape[-1]), shape.fft, hop, window=window, center=False, normalized=True,
        return_complex=True,
    )  # fmt: skip
    return z[:, :-1].reshape(*lead, shape.fft // 2, -1)


def features(z: torch.Tensor, exponent: float) -> torch.Tensor:
    """`[B, 2, F, T]` complex to `[B, 4, F, T]`, of mean 0 and deviation 1."""
    left, right = z[:, 0], z[:, 1]
    four = torch.stack([left, right, (left + right) / 2, (left - right) / 2], 1)
    x = (four.real.square() + four.imag.square() + 1e-20) ** (exponent / 2)
    mean = x.mean((1, 2, 3), keepdim=True)
    deviation = x.std((1, 2, 3), keepdim=True)
    return (x - mean) / (1e-5 + deviation)


class Residual(nn.Module):
    """One dilation of a residual branch; norms are over the frames and channels of a row."""

    def __init__(self, channels: int, hidden: int, dilation: int):
        super().__init__()
        self.narrow = nn.Conv2d(channels, hidden, (1, 3), padding=(0, dilation), dilation=(1, dilation))
        self.wide = nn.Conv2d(hidden, 2 * channels, 1)
        self.narrow_norm = nn.Parameter(torch.stack([torch.ones(hidden), torch.zeros(hidden)]))
        self.wide_norm = nn.Parameter(torch.stack([torch.ones(2 * channels), torch.zeros(2 * channels)]))
        self.scale = nn.Parameter(torch.full((channels,), 0.2))

    @staticmethod
    def normed(x, affine):
        y = x.float()
        mean = y.mean((1, 3), keepdim=True)
        variance = (y - mean).square().mean((1, 3), keepdim=True)
        y = (y - mean) * torch.rsqrt(variance + 1e-5) * affine[0][:, None, None] + affine[1][:, None, None]
        return y.to(x.dtype)

    def forward(self, x):
        y = F.gelu(self.normed(self.narrow(x), self.narrow_norm))
        y = F.glu(self.normed(self.wide(y), self.wide_norm), 1)
        return x + self.scale[:, None, None].to(x.dtype) * y


class Encoder(nn.Module):
    def __init__(self, inputs: int, channels: int, rows: int, shape: Shape):
        super().__init__()
        is_last = rows <= 8
        self.conv = nn.Conv2d(inputs, channels, (rows if is_last else 8, 1), (4, 1), (0 if is_last else 2, 0))
        hidden = channels // shape.residual_compression
        self.residuals = nn.ModuleList(Residual(channels, hidden, 2**i) for i in range(shape.residual_depth))
        self.rewrite = nn.Conv2d(channels, 2 * channels, 1)

    def forward(self, x):
        x = F.gelu(self.conv(x))
        for residual in self.residuals:
            x = residual(x)
        return F.glu(self.rewrite(x), 1)


class Decoder(nn.Module):
    def __init__(self, channels: int, outputs: int, rows: int, is_outermost: bool):
        super().__init__()
        is_last = rows <= 8
        self.rewrite = nn.Conv2d(channels, 2 * channels, 3, padding=1)
        self.conv_tr = nn.ConvTranspose2d(
            channels, outputs, (rows if is_last else 8, 1), (4, 1), (0 if is_last else 2, 0)
        )
        self.is_outermost = is_outermost

    def forward(self, x):
        x = self.conv_tr(F.glu(self.rewrite(x), 1))
        return x if self.is_outermost else F.gelu(x)


class Network(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        widths = [4]
        for index in range(shape.depth):
            widths.append(shape.channels if index == 0 else int(shape.growth * widths[-1]))
        self.encoders, self.decoders = nn.ModuleList(), nn.ModuleList()
        rows = shape.fft // 2
        for index in range(shape.depth):
            outputs = 2 * len(SOURCES) if index == 0 else widths[index]
            self.encoders.append(Encoder(widths[index], widths[index + 1], rows, shape))
            self.decoders.insert(0, Decoder(widths[index + 1], outputs, rows, index == 0))
            rows = 1 if rows <= 8 else rows // 4
        self.embedding = nn.Parameter(0.1 * torch.randn(shape.fft // 8, shape.channels))
        self.initialise()

    def initialise(self):
        """Keeps activations at their size, and begins with even masks."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                fan = module.weight[0].numel()
                nn.init.normal_(module.weight, std=1.4 / fan**0.5)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.ConvTranspose2d):
                nn.init.normal_(module.weight, std=1.4 / (2 * module.weight.shape[0]) ** 0.5)
                nn.init.zeros_(module.bias)
        self.decoders[-1].conv_tr.weight.data *= 0.1

    def forward(self, x):
        """Features `[B, 4, F, T]` to logits `[B, S · 2, F, T]`."""
        skips = []
        for index, encoder in enumerate(self.encoders):
            x = encoder(x)
            if index == 0:
                x = x + self.embedding.t()[None, :, :, None].to(x.dtype)
            skips.append(x)
        x = skips.pop()
        for decoder in self.decoders[:-1]:
            x = decoder(x) + skips.pop()
        return self.decoders[-1](x)

    def separated(self, z: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """The sources' spectra `[B, S, 2, F, T]`."""
        masks = logits.float().view(len(z), len(SOURCES), 2, *z.shape[2:]).softmax(1)
        return masks * z[:, None]

    def described(self) -> dict:
        return asdict(self.shape)
