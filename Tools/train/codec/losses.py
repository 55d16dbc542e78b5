# SPDX-License-Identifier: Apache-2.0
"""Training objectives of the codec; magnitudes only, no phase is asked for."""

import torch
import torch.nn.functional as F

RATE = 24000


class Magnitudes:
    """Spectra `[batch, frames, bins]` of Hann windows, four to a window's length.

    As one product with the waves, in bfloat16, which is several times quicker on a CPU with matrix units than
    Fourier transforms and their gradients; its noise lies some 50 dB below a frame's strongest bin.
    """

    def __init__(self, size: int):
        self.hop = size // 4
        phase = torch.arange(size) * torch.arange(size // 2 + 1)[:, None] * (2 * torch.pi / size)
        waves = torch.cat([torch.cos(phase), torch.sin(phase)]) * torch.hann_window(size)
        self.waves = waves.bfloat16()

    def __call__(self, wave):
        pieces = wave.unflatten(1, (-1, self.hop)).bfloat16()
        count = pieces.shape[1] - 3
        frames = torch.cat([pieces[:, part : part + count] for part in range(4)], -1)
        real, imaginary = F.linear(frames, self.waves).float().chunk(2, -1)
        return (real.square() + imaginary.square() + 1e-9).sqrt()


def mel_bands(size: int, count: int) -> torch.Tensor:
    """Triangles, even on the mel scale (2595 lg(1 + f / 700)), of unit sum; `[bins, count]`."""
    bins = torch.linspace(0, RATE / 2, size // 2 + 1)
    top = 2595 * torch.log10(torch.tensor(1 + RATE / 2 / 700))
    edges = 700 * (10 ** (torch.linspace(0, top.item(), count + 2) / 2595) - 1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rise = (bins[:, None] - low) / (middle - low)
    fall = (high - bins[:, None]) / (high - middle)
    bands = torch.minimum(rise, fall).clamp(min=0)
    return bands / bands.sum(0).clamp(min=1e-3)


def third_octaves(size: int) -> torch.Tensor:
    """Fifteen bands of a third of an octave from 150 Hz; `[bins, 15]`, zeros and ones."""
    bins = torch.linspace(0, RATE / 2, size // 2 + 1)[:, None]
    centres = 150 * 2 ** (torch.arange(15) / 3)
    return ((bins >= centres * 2 ** (-1 / 6)) & (bins < centres * 2 ** (1 / 6))).float()


class SpectralDistance:
    """Log mel bands and compressed magnitudes at several resolutions."""

    def __init__(self, sizes=(256, 512, 1024, 2048), bands=(None, 40, 80, 120)):
        self.spectra = [Magnitudes(size) for size in sizes]
        self.bands = [count and mel_bands(size, count) for size, count in zip(sizes, bands)]

    def __call__(self, estimate, target, rng=None):
        """With `rng`, two of the resolutions stand for all: half the work, the same mean."""
        pairs = list(zip(self.spectra, self.bands))
        chosen = rng.choice(len(pairs), 2, replace=False) if rng is not None else range(len(pairs))
        total = 0.0
        for spectrum, bands in (pairs[index] for index in chosen):
            both = spectrum(torch.cat([estimate, target]))
            if bands is not None:
                mel = torch.log((both @ bands).clamp(min=2e-3))
                total = total + F.l1_loss(*mel.chunk(2))
            both = both / (4 * spectrum.hop) ** 0.5
            total = total + 4 * F.l1_loss(*(both + 1e-4).sqrt().chunk(2))
        return total * (len(pairs) / len(chosen))


class EnvelopeDistance:
    """One minus the mean correlation of envelopes in bands of a third of an octave.

    What STOI measures (Taal et al., 2011), over stretches of 384 ms, without its clipping: frames more
    than 40 dB below the loudest are left out by weight.
    """

    size, stretch = 1024, 36

    def __init__(self):
        self.spectrum, self.bands = Magnitudes(self.size), third_octaves(self.size)

    def __call__(self, estimate, target):
        both = self.spectrum(torch.cat([estimate, target]))
        envelopes = (both.square() @ self.bands + 1e-8).sqrt()
        x, y = envelopes.unfold(1, self.stretch, 3).chunk(2)  # [batch, places, bands, frames]
        loud = envelopes.chunk(2)[1].square().sum(2)
        loud = loud > 1e-4 * loud.amax(1, keepdim=True)
        weight = loud.unfold(1, self.stretch, 3).float().mean(2)
        x, y = x - x.mean(-1, keepdim=True), y - y.mean(-1, keepdim=True)
        # Where hardly anything moves there is nothing to follow.
        still = 1e-3 * both.chunk(2)[1].square().mean()
        similar = (x * y).sum(-1) / ((x.square().sum(-1) + still) * (y.square().sum(-1) + still)).sqrt()
        return 1 - (similar.mean(-1) * weight).sum() / weight.sum().clamp(min=1e-3)
