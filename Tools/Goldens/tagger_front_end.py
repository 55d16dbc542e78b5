# SPDX-License-Identifier: Apache-2.0
"""What cnn14.py and htsat.py share: the front end of the taggers, written after its publications' conventions
in double precision, and a sound to listen to."""

import math

import torch

RATE, WINDOW, HOP = 8000, 256, 80
LOW, HIGH = 50.0, 4000.0


def signal(samples: int, seed: int) -> torch.Tensor:
    """Chirps, clicks and noise, and silence at the end."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(samples) / RATE
    x = 0.3 * torch.sin(2 * math.pi * (200 + 900 * time) * time) * torch.sin(9 * time) ** 2
    x += 0.1 * torch.sin(2 * math.pi * (2900 - 700 * time) * time + 1)
    x += 0.05 * torch.randn(samples, generator=generator) * (torch.sin(5 * time) > 0)
    x[::1733] += 0.5
    x[-samples // 10:] = 0
    return x


def mel_bands(count: int) -> torch.Tensor:
    """Triangles on Slaney's mel scale, each of area 1: [bins, count]."""
    def to_mel(f):
        return f / (200 / 3) if f < 1000 else 15 + math.log(f / 1000) / (math.log(6.4) / 27)

    def to_hertz(m):
        return m * 200 / 3 if m < 15 else 1000 * math.exp((m - 15) * math.log(6.4) / 27)

    low, high = to_mel(LOW), to_mel(HIGH)
    edges = [to_hertz(low + (high - low) * i / (count + 1)) for i in range(count + 2)]
    bins = [k * RATE / WINDOW for k in range(WINDOW // 2 + 1)]
    rows = [
        [
            2 / (edges[b + 2] - edges[b])
            * max(0.0, min((f - edges[b]) / (edges[b + 1] - edges[b]),
                           (edges[b + 2] - f) / (edges[b + 2] - edges[b + 1])))
            for b in range(count)
        ]
        for f in bins
    ]
    return torch.tensor(rows, dtype=torch.float64)


def log_mel(x: torch.Tensor, bands: torch.Tensor) -> torch.Tensor:
    """Decibels of the power in each band, [frames, bands]."""
    spectrum = torch.stft(
        x, WINDOW, HOP, window=torch.hann_window(WINDOW, dtype=x.dtype), center=True, pad_mode="reflect",
        return_complex=True,
    )
    power = spectrum.abs().square().T
    return 10 * torch.log10(torch.clamp(power @ bands, min=1e-10))


def randomise(module: torch.nn.Module, seed: int) -> None:
    """Values that leave no parameter without effect, as half precision has them."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(shape, low, high):
        return torch.rand(shape, generator=generator, dtype=torch.float64) * (high - low) + low

    for name, tensor in module.state_dict().items():
        if not tensor.is_floating_point():
            continue
        fan = tensor[0].numel() if tensor.dim() > 1 else 0
        if name.endswith("attn_mask") or name.endswith("melW"):
            continue
        if name.endswith("bn0.running_mean"):
            value = uniform(tensor.shape, -45, -25)
        elif name.endswith("bn0.running_var"):
            value = uniform(tensor.shape, 200, 400)
        elif name.endswith("running_var") or (fan == 0 and name.endswith("weight")):
            value = uniform(tensor.shape, 0.7, 1.3)
        elif name.endswith("bias_table"):
            value = uniform(tensor.shape, -1, 1)
        elif fan:
            value = uniform(tensor.shape, -1, 1) * (5 / fan) ** 0.5
        else:
            value = uniform(tensor.shape, -0.2, 0.2)
        tensor.copy_(value.half().double())


def halved(state: dict) -> dict:
    """The parameters as they are stored."""
    return {
        name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    }
