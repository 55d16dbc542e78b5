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
