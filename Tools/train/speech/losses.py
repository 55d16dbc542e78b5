# SPDX-License-Identifier: Apache-2.0
"""Training objectives, and the ratios in which quality is stated."""

import torch


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


def magnitude_loss(estimate, target, mixture):
    """Distance of compressed magnitude spectra at two resolutions, free of the level."""
    total = 0.0
    scale = 1 / (mixture.square().mean(-1, keepdim=True).sqrt() + 1e-6)
    for size in (320, 1024):
        window = torch.hann_window(size)

        def spectrum(wave):
            found = torch.stft(wave * scale, size, size // 2, window=window, return_complex=True)
            return (found.real.square() + found.imag.square() + 1e-4).pow(0.15) / size**0.15

        total = total + (spectrum(estimate) - spectrum(target)).abs().mean()
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


def envelope_loss(estimate, target, size=512, hop=205, stretch=30):
    """One minus the correlation of envelopes in bands of a third of an octave over 384 ms, as in STOI."""
    window, bands = torch.hann_window(size), third_octaves(size, 16000)
    both = torch.stft(
        torch.cat([estimate, target]), size, hop, window=window, return_complex=True
    )
    power = (both.real.square() + both.imag.square()).transpose(1, 2)
    envelopes = (power @ bands + 1e-9).sqrt()
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
