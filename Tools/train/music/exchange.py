# SPDX-License-Identifier: Apache-2.0
"""The exchange layout of the network's weights, which is Hybrid Demucs', and a plain reading of it that owes nothing
to network.py.

`exchange_weights` renames and reshapes; `separate` runs the exchanged weights in the textbook channels-first form.
export.py compares the two, so that what is written is what was trained.
"""

import math

import torch
import torch.nn.functional as F

from network import RATE, SOURCES, Network, Shape

CLASS = "tessera.MaskingDemucs"
SEGMENT = 12.0


def exchange_weights(network: Network) -> dict[str, torch.Tensor]:
    weights = {"freq_emb.embedding.weight": network.embedding}

    def put(path, module):
        weights[path + ".weight"], weights[path + ".bias"] = module.weight, module.bias

    for index, encoder in enumerate(network.encoders):
        path = f"encoder.{index}"
        put(path + ".conv", encoder.conv)
        put(path + ".rewrite", encoder.rewrite)
        for number, residual in enumerate(encoder.residuals):
            layer = f"{path}.dconv.layers.{number}"
            for place, module in ((0, residual.narrow), (3, residual.wide)):
                weights[f"{layer}.{place}.weight"] = module.weight[:, :, 0]
                weights[f"{layer}.{place}.bias"] = module.bias
            for place, norm in ((1, residual.narrow_norm), (4, residual.wide_norm)):
                weights[f"{layer}.{place}.weight"], weights[f"{layer}.{place}.bias"] = norm[0], norm[1]
            weights[f"{layer}.6.scale"] = residual.scale
    for index, decoder in enumerate(network.decoders):
        put(f"decoder.{index}.rewrite", decoder.rewrite)
        put(f"decoder.{index}.conv_tr", decoder.conv_tr)
    return {key: value.detach().clone().contiguous().half() for key, value in weights.items()}


def arguments(shape: Shape) -> dict:
    """What the toolkit reads beside the weights' shapes."""
    return {
        "sources": SOURCES, "samplerate": RATE, "segment": SEGMENT, "nfft": shape.fft, "stride": 4,
        "exponent": shape.exponent,
    }  # fmt: skip


def padded(wave: torch.Tensor, fft: int) -> torch.Tensor:
    """3/2 hops before the beginning and after the end of the last hop, mirrored; short signals get zeros first."""
    hop = fft // 4
    before = hop // 2 * 3
    after = before + math.ceil(wave.shape[-1] / hop) * hop - wave.shape[-1]
    lacking = max(0, max(before, after) - wave.shape[-1] + 1)
    right = min(after, lacking)
    left = lacking - right
    return F.pad(F.pad(wave, (left, right))[None], (before - left, after - right), mode="reflect")[0]


@torch.no_grad()
def separate(weights: dict[str, torch.Tensor], described: dict, wave: torch.Tensor) -> torch.Tensor:
    """`wave` `[2, samples]` to stems `[sources, 2, samples]`."""
    weights = {key: value.float() for key, value in weights.items()}
    fft, length = described["nfft"], wave.shape[-1]
    window = torch.hann_window(fft)
    hop = fft // 4
    z = torch.stft(padded(wave, fft), fft, hop, window=window, center=False, normalized=True, return_complex=True)
    z = z[:, :-1]
    heard = torch.stack([z[0], z[1], z.mean(0), (z[0] - z[1]) / 2])
    x = (heard.real.square() + heard.imag.square() + 1e-20) ** (described["exponent"] / 2)
    x = ((x - x.mean()) / (1e-5 + x.std()))[None]

    def parameters(path):
        return weights[path + ".weight"], weights[path + ".bias"]

    def residual(y, path):
        """Rows are signals that know nothing of each other."""
        channels, rows = y.shape[1], y.shape[2]
        y = y[0].permute(1, 0, 2)
        number = 0
        while f"{path}.layers.{number}.0.weight" in weights:
            layer = f"{path}.layers.{number}"
            reach = 2**number
            h = F.conv1d(y, *parameters(f"{layer}.0"), padding=reach, dilation=reach)
            h = F.gelu(F.group_norm(h, 1, *parameters(f"{layer}.1")))
            h = F.group_norm(F.conv1d(h, *parameters(f"{layer}.3")), 1, *parameters(f"{layer}.4"))
            y = y + weights[f"{layer}.6.scale"][:, None] * F.glu(h, 1)
            number += 1
        return y.permute(1, 0, 2).reshape(1, channels, rows, -1)

    skips, paddings = [], []
    while f"encoder.{len(skips)}.conv.weight" in weights:
        path = f"encoder.{len(skips)}"
        paddings.append(0 if x.shape[2] <= 8 else 2)
        x = F.gelu(F.conv2d(x, *parameters(path + ".conv"), stride=(4, 1), padding=(paddings[-1], 0)))
        x = F.glu(F.conv2d(residual(x, path + ".dconv"), *parameters(path + ".rewrite")), 1)
        if not skips:
            x = x + weights["freq_emb.embedding.weight"].t()[None, :, :, None]
        skips.append(x)
    x = torch.zeros_like(x)
    for index in range(len(skips)):
        path = f"decoder.{index}"
        x = F.glu(F.conv2d(x + skips.pop(), *parameters(path + ".rewrite"), padding=1), 1)
        x = F.conv_transpose2d(x, *parameters(path + ".conv_tr"), stride=(4, 1), padding=(paddings.pop(), 0))
        if paddings:
            x = F.gelu(x)
    masks = x.view(len(described["sources"]), 2, *x.shape[2:]).softmax(0)
    # Silent frames around the ends, so that these weigh as much as the middle.
    estimates = F.pad(masks * z, (2, 2, 0, 1)).flatten(0, 1)
    before = 2 * hop + hop // 2 * 3
    stems = torch.istft(
        F.pad(estimates, (2, 2)), fft, hop, window=window, center=True, normalized=True,
        length=(estimates.shape[-1] + 3) * hop,
    )[:, before:]  # fmt: skip
    return stems[:, :length].reshape(len(described["sources"]), 2, length)
