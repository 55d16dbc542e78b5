# SPDX-License-Identifier: Apache-2.0
"""The exchange layout of Conv-TasNet weights, and a plain reading of it that owes nothing to network.py.

`exchange_weights` renames and reshapes; `separate` runs the exchanged weights in the textbook
channels-first form. export.py compares the two, so that what is written is what was trained.
"""

import torch
import torch.nn.functional as F

from network import NORM_EPSILON, Network, Shape


def exchange_weights(network: Network) -> dict[str, torch.Tensor]:
    shape = network.shape
    scale = torch.exp(network.level.detach())
    weights = {
        "encoder.filterbank._filters": (network.analysis * scale).unsqueeze(1),
        "decoder.filterbank._filters": (network.synthesis / scale).unsqueeze(1),
        "masker.bottleneck.0.gamma": network.input_norm.weight,
        "masker.bottleneck.0.beta": network.input_norm.bias,
        "masker.bottleneck.1.weight": network.reduce.weight.unsqueeze(2),
        "masker.bottleneck.1.bias": network.reduce.bias,
        "masker.mask_net.0.weight": network.output_slope,
        "masker.mask_net.1.weight": network.masks.weight.unsqueeze(2),
        "masker.mask_net.1.bias": network.masks.bias,
    }
    for number, block in enumerate(network.blocks):
        path = f"masker.TCN.{number}"
        heads, bias = block.heads.weight.unsqueeze(2), block.heads.bias
        weights |= {
            f"{path}.shared_block.0.weight": block.expand.weight.unsqueeze(2),
            f"{path}.shared_block.0.bias": block.expand.bias,
            f"{path}.shared_block.1.weight": block.first_slope,
            f"{path}.shared_block.2.gamma": block.first_norm.weight,
            f"{path}.shared_block.2.beta": block.first_norm.bias,
            f"{path}.shared_block.3.0.weight": block.depthwise.t().unsqueeze(1),
            f"{path}.shared_block.3.0.bias": block.depthwise_bias,
            f"{path}.shared_block.4.weight": block.second_slope,
            f"{path}.shared_block.5.gamma": block.second_norm.weight,
            f"{path}.shared_block.5.beta": block.second_norm.bias,
            f"{path}.res_conv.weight": heads[: shape.bottleneck],
            f"{path}.res_conv.bias": bias[: shape.bottleneck],
            f"{path}.skip_conv.weight": heads[shape.bottleneck :],
            f"{path}.skip_conv.bias": bias[shape.bottleneck :],
        }
    return {key: value.detach().clone().contiguous().float() for key, value in weights.items()}


def configuration(shape: Shape) -> dict:
    """What the toolkit's ConvTasNetConfiguration reads."""
    return {
        "dialect": "asteroid",
        "sampleRate": shape.sample_rate,
        "audioChannels": 1,
        "sources": ["speech", "noise"],
        "sourcesAreInterchangeable": False,
        "filters": shape.filters,
        "filterLength": shape.kernel,
        "hopLength": shape.stride,
        "bottleneckChannels": shape.bottleneck,
        "hiddenChannels": shape.hidden,
        "skipChannels": shape.skip,
        "kernelSize": shape.taps,
        "blocks": shape.blocks,
        "repeats": shape.repeats,
        "norm": "cLN",
        "isCausal": True,
        "encoderIsRectified": True,
        "maskActivation": "sigmoid",
        "matchesMixtureLevel": False,
    }


def channel_norm(x, gamma, beta):
    mean = x.mean(1, keepdim=True)
    variance = (x - mean).square().mean(1, keepdim=True)
    return (x - mean) / (variance + NORM_EPSILON).sqrt() * gamma[:, None] + beta[:, None]


@torch.no_grad()
def separate(weights: dict[str, torch.Tensor], described: dict, wave: torch.Tensor) -> torch.Tensor:
    """`wave` `[samples]` to stems `[sources, samples]`; `described` is the configuration."""

    def convolved(x, path, **options):
        return F.conv1d(x, weights[path + ".weight"], weights[path + ".bias"], **options)

    def norm(x, path):
        return channel_norm(x, weights[path + ".gamma"], weights[path + ".beta"])

    stride, taps = described["hopLength"], described["kernelSize"]
    encoded = F.conv1d(wave[None, None], weights["encoder.filterbank._filters"], stride=stride)
    if described["encoderIsRectified"]:
        encoded = torch.relu(encoded)
    x = convolved(norm(encoded, "masker.bottleneck.0"), "masker.bottleneck.1")
    total = 0.0
    for number in range(described["blocks"] * described["repeats"]):
        path = f"masker.TCN.{number}"
        dilation = 2 ** (number % described["blocks"])
        y = convolved(x, f"{path}.shared_block.0")
        y = norm(F.prelu(y, weights[f"{path}.shared_block.1.weight"]), f"{path}.shared_block.2")
        y = F.pad(y, ((taps - 1) * dilation, 0))
        y = convolved(y, f"{path}.shared_block.3.0", dilation=dilation, groups=y.shape[1])
        y = norm(F.prelu(y, weights[f"{path}.shared_block.4.weight"]), f"{path}.shared_block.5")
        x = x + convolved(y, f"{path}.res_conv")
        total = total + convolved(y, f"{path}.skip_conv")
    masks = convolved(F.prelu(total, weights["masker.mask_net.0.weight"]), "masker.mask_net.1")
    masks = torch.sigmoid(masks.view(len(described["sources"]), described["filters"], -1))
    stems = F.conv_transpose1d(masks * encoded, weights["decoder.filterbank._filters"], stride=stride)
    return F.pad(stems[:, 0], (0, len(wave) - stems.shape[-1]))
