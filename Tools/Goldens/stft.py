# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/SpectralTransformsTests/Goldens/stft.safetensors.

Spectra, inverses and mel bands of a short synthesised signal, from torch and torchaudio; the inverse
with Vocos' "same" padding from its definition. Run from the package's root.
"""

import numpy as np
import torch
import torchaudio
from safetensors.torch import save_file

SEED = 20
# name: fft, hop, window length, window, centre, padding, normalized
CASES = {
    "reflect-normalized": (64, 16, 64, torch.hann_window, True, "reflect", True),
    "constant-hamming": (48, 12, 30, torch.hamming_window, True, "constant", False),
    "odd-centered": (27, 8, 27, torch.hann_window, True, "reflect", False),
    "odd-none": (27, 8, 27, torch.hamming_window, False, "reflect", False),
    "prime": (31, 5, 20, torch.hann_window, True, "reflect", True),
}


def same_inverse(spectrogram, fft, hop):
    """Vocos' inverse: overlap, add, trim (fft - hop) / 2 at both ends, divide."""
    window = torch.hann_window(fft, dtype=torch.float64)
    frames = torch.fft.irfft(spectrogram, fft) * window
    total = torch.zeros((len(frames) - 1) * hop + fft, dtype=torch.float64)
    envelope = torch.zeros_like(total)
    for index, frame in enumerate(frames):
        total[index * hop : index * hop + fft] += frame
        envelope[index * hop : index * hop + fft] += window**2
    trim = (fft - hop) // 2
    return (total / envelope)[trim : len(total) - trim]


def main():
    generator = torch.Generator().manual_seed(SEED)
    signal = torch.randn(230, generator=generator, dtype=torch.float64) * 0.5
    signal = signal.float().double()
    out = {"signal": signal}
    for name, (fft, hop, length, window, center, mode, normalized) in CASES.items():
        options = dict(
            n_fft=fft, hop_length=hop, win_length=length, center=center, normalized=normalized,
            window=window(length, dtype=torch.float64), onesided=True)
        spectrum = torch.stft(signal, pad_mode=mode, return_complex=True, **options)
        out[f"{name}.spectrogram"] = torch.view_as_real(spectrum.T)
        slope = torch.linspace(1, 0.2, spectrum.shape[0], dtype=torch.float64)[:, None]
        out[f"{name}.inverse"] = torch.istft(spectrum * slope, **options)
        out[f"{name}.inverse-longer"] = torch.istft(spectrum * slope, length=235, **options)
    random = torch.view_as_complex(
        torch.randn(7, 33, 2, generator=generator, dtype=torch.float64).float().double())
    out["same.spectrogram"] = torch.view_as_real(random)
    out["same.inverse"] = same_inverse(random, 64, 16)
    for scale, norm in (("htk", None), ("slaney", "slaney")):
        bands = torchaudio.functional.melscale_fbanks(
            33, 100.0, 7000.0, 10, 16000, norm=norm, mel_scale=scale)
        out[f"bands.{scale}"] = bands
    mel = torchaudio.transforms.MelSpectrogram(
        sample_rate=16000, n_fft=64, hop_length=16, f_min=100.0, f_max=7000.0, n_mels=10,
        norm="slaney", mel_scale="slaney")(signal.float()).T
    out["mel.power"] = mel
    out["mel.decibels"] = torchaudio.functional.amplitude_to_DB(
        mel, 10.0, 1e-10, float(np.log10(0.01)), top_db=20.0)
    save_file(
        {name: value.float().contiguous() for name, value in out.items()},
        "Tests/SpectralTransformsTests/Goldens/stft.safetensors",
        metadata={
            "script": "Tools/Goldens/stft.py",
            "seed": str(SEED),
            "torch": torch.__version__,
            "torchaudio": torchaudio.__version__,
        })


main()
