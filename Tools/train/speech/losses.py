# SPDX-License-Identifier: Apache-2.0
"""Training objectives, and the ratios in which quality is stated."""

import torch
import torch.nn.functional as F


def soft_ratio(estimate, target, mixture, ceiling=30.0, floor=25.0):
    """Negative SNR in dB, bounded above by `ceiling`, defined for a silent target.

    A silent target is judged against `floor` dB below the mixture.
    """
    error = (estimate - target).square().sum(-1)
    power = target.square().sum(-1)
    least = mixture.square().sum(-1) * 10 ** (-floor / 10) + 1e-7
    return 10 * torch.log10(error + power * 10 ** (-ceiling / 10) + least * 0.1) - 10 * torch.log10(
        power + least
    )


class Powers:
    """Power spectra `[batch, frames, bins]` of Hann windows, two to a window's length.

    As one product with the waves, in bfloat16: on a CPU with matrix units several times quicker than
    Fourier transforms and their gradients.
    """

    def __init__(self, size: int, points: int):
        self.hop = size // 2
        phase = torch.arange(size) * torch.arange(points // 2 + 1)[:, None] * (2 * torch.pi / points)
        waves = torch.cat([torch.cos(phase), torch.sin(phase)]) * torch.hann_window(size)
        self.waves = waves.bfloat16()

    def __call__(self, wave):
        wave = wave[:, : wave.shape[1] // self.hop * self.hop]
        pieces = wave.unflatten(1, (-1, self.hop)).bfloat16()
        frames = torch.cat([pieces[:, :-1], pieces[:, 1:]], -1)
        real, imaginary = F.linear(frames, self.waves).float().chunk(2, -1)
        return real.square() + imaginary.square()


SHORT, LONG, BANDS = Powers(320, 320), Powers(960, 960), Powers(400, 512)


def magnitude_loss(estimate, target, mixture):
    """Distance of compressed magnitude spectra at two resolutions, free of the level."""
    total = 0.0
    scale = 1 / (mixture.square().mean(-1, keepdim=True).sqrt() + 1e-6)
    both = torch.cat([estimate * scale, target * scale])
    for powers in (SHORT, LONG):
        compressed = (powers(both) + 1e-4).pow(0.15) / (2 * powers.hop) ** 0.15
        total = total + F.l1_loss(*compressed.chunk(2))
    return total / 2


def segment_loss(estimate, target, mixture, length=480, floor=35.0):
    """Mean over short segments of the error in dB, against the segment's speech or the noise floor.

    Pauses and weak sounds count as much as loud ones, unlike in `soft_ratio`.
    """

    def powers(wave):
        return wave[:, : wave.shape[1] // length * length].unflatten(1, (-1, length)).square().mean(2)

    error, power = powers(estimate - target), powers(target)
    least = mixture.square().mean(1, keepdim=True) * 10 ** (-floor / 10) + 1e-8
    ratio = 10 * torch.log10((error + 0.001 * power + least) / (power + least))
    return ratio.clamp(max=10).mean(1)


def third_octaves(size: int, rate: int) -> torch.Tensor:
    """Fifteen bands of a third of an octave from 150 Hz; `[bins, 15]`, zeros and ones."""
    bins = torch.linspace(0, rate / 2, size // 2 + 1)[:, None]
    centres = 150 * 2 ** (torch.arange(15) / 3)
    return ((bins >= centres * 2 ** (-1 / 6)) & (bins < centres * 2 ** (1 / 6))).float()


def envelope_loss(estimate, target, stretch=31):
    """One minus the correlation of envelopes in bands of a third of an octave over 390 ms, as in STOI."""
    power = BANDS(torch.cat([estimate, target]))
    envelopes = (power @ third_octaves(512, 16000) + 1e-9).sqrt()
    x, y = envelopes.unfold(1, stretch, 5).chunk(2)
    loud = envelopes.chunk(2)[1].square().sum(2)
    loud = loud > 1e-4 * loud.amax(1, keepdim=True).clamp(min=1e-4)
    weight = loud.unfold(1, stretch, 5).float().mean(2)
    x, y = x - x.mean(-1, keepdim=True), y - y.mean(-1, keepdim=True)
    scale = ((x.square().sum(-1) + 1e-5) * (y.square().sum(-1) + 1e-5)).sqrt()
    similar = ((x * y).sum(-1) / scale).mean(-1)
    return 1 - (similar * weight).sum() / weight.sum().clamp(min=1)


def sdr(estimate, target):
    """Global signal-to-distortion ratio in dB: no gain, no filter is forgiven."""
    return 10 * torch.log10(
        (target.square().sum(-1) + 1e-10) / ((estimate - target).square().sum(-1) + 1e-10)
    )


def si_sdr(estimate, target):
    """Scale-invariant SDR in dB, means removed."""
    estimate = estimate - estimate.mean(-1, keepdim=True)
    target = target - target.mean(-1, keepdim=True)
    scale = (estimate * target).sum(-1, keepdim=True) / (
        target.square().sum(-1, keepdim=True) + 1e-10
    )
    return sdr(estimate, scale * target)
