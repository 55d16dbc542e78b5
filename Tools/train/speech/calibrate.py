# SPDX-License-Identifier: Apache-2.0
"""Makes the masks as sure as they deserve to be on voices that training never had.

A network trained on few voices is too sure of itself on others. Four numbers, a slope and an offset
for the mask logits of each source, are fitted on mixtures of the `unseen` voices and folded into the
last layer; the network keeps its shape.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from losses import soft_ratio
from mixing import Row, batch
from network import Network, Shape, overlap_add


@torch.no_grad()
def logits_and_frames(network: Network, mixture: torch.Tensor):
    """What the masks are made of and what they multiply."""
    shape = network.shape
    frames = mixture.unfold(-1, shape.kernel, shape.stride).contiguous()
    encoded = torch.relu(frames @ (network.analysis * torch.exp(network.level)).t())
    return torch.logit(network.core(encoded).clamp(1e-6, 1 - 1e-6)), encoded


def stems(network: Network, logits, encoded, slope, offset):
    shape = network.shape
    logits = logits.unflatten(-1, (shape.sources, shape.filters))
    masks = torch.sigmoid(logits * slope[:, None] + offset[:, None])
    pieces = (masks * encoded.unsqueeze(2)) @ (network.synthesis / torch.exp(network.level)).detach()
    return overlap_add(pieces, shape.stride)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("trained", type=Path, help="last.pt of a training run")
    parser.add_argument("out", type=Path, help="the calibrated file to write")
    parser.add_argument("--rounds", type=int, default=60)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    state = torch.load(arguments.trained, weights_only=True)
    network = Network(Shape())
    network.load_state_dict(state["network"])
    slope = torch.ones(2, requires_grad=True)
    offset = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.Adam([slope, offset], lr=0.05)
    rng = np.random.default_rng(31)
    speech_row = Row(arguments.data, "speech-unseen")
    noise_row = Row(arguments.data, "noise-train")
    for number in range(arguments.rounds):
        speech, noise = batch(rng, speech_row, noise_row, 8, 4.0)
        mixture = speech + noise
        estimate = stems(network, *logits_and_frames(network, mixture), slope, offset)
        length = estimate.shape[-1]
        speech, noise, mixture = speech[:, :length], noise[:, :length], mixture[:, :length]
        loss = soft_ratio(estimate[:, 0], speech, mixture).mean()
        loss = loss + soft_ratio(estimate[:, 1], noise, mixture).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        for group in optimiser.param_groups:
            group["lr"] = 0.05 * (1 - (number + 1) / arguments.rounds) + 0.002
    slope, offset = slope.detach(), offset.detach()
    print(f"slopes {slope.tolist()}, offsets {offset.tolist()}")
    with torch.no_grad():
        per_row = slope.repeat_interleave(network.shape.filters)
        network.masks.weight.mul_(per_row[:, None])
        network.masks.bias.mul_(per_row).add_(offset.repeat_interleave(network.shape.filters))
    torch.save(state | {"network": network.state_dict()}, arguments.out)


if __name__ == "__main__":
    main()
