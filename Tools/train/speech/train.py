# SPDX-License-Identifier: Apache-2.0
"""Trains the network on mixtures made on the fly; stops by the clock.

The learning rate follows the share of the time budget that is used up, so the same command gives a
finished model in five minutes or in fifty.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch

from losses import envelope_loss, magnitude_loss, sdr, segment_loss, soft_ratio
from mixing import Row, batch
from network import Network, Shape


def validation_set(folder: Path, speech: str):
    rng = np.random.default_rng(11)
    row, noise = Row(folder, f"speech-{speech}"), Row(folder, "noise-valid")
    return batch(rng, row, noise, 32, 4.0)


@torch.no_grad()
def improvement(network, pair) -> float:
    """Median SDR improvement of the speech stem in dB, over mixtures that have both sources."""
    speech, noise = pair
    mixture = speech + noise
    both = (speech.square().sum(1) > 1e-6) & (noise.square().sum(1) > 1e-6)
    estimate = torch.cat([network(part) for part in mixture.split(12)])[:, 0]
    return (sdr(estimate, speech) - sdr(mixture, speech))[both].median().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", type=Path, help="start from the weights of this last.pt")
    parser.add_argument("--plain", action="store_true", help="no compilation, no bfloat16")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    rng = np.random.default_rng(arguments.seed)
    network, average = Network(Shape()), Network(Shape())
    if arguments.resume:
        network.load_state_dict(torch.load(arguments.resume, weights_only=True)["network"])
    average.load_state_dict(network.state_dict())
    average.requires_grad_(False)
    if not arguments.plain:
        network.forward = torch.compile(network.forward)
        network.fast = True
    optimiser = torch.optim.Adam(network.parameters(), lr=arguments.rate, betas=(0.9, 0.99))
    speech, noise = Row(arguments.data, "speech-train"), Row(arguments.data, "noise-train")
    checks = {
        name: validation_set(arguments.data, name)
        for name in ("valid", "unseen", "recorded")
        if (arguments.data / f"speech-{name}.npy").exists()
    }
    begun, saved, step, running = time.time(), time.time(), 0, None

    def save(share):
        scores = {name: improvement(average, pair) for name, pair in checks.items()}
        state = {"network": average.state_dict(), "step": step, "scores": scores}
        torch.save(state, arguments.out / "last.pt")
        print(
            f"{(time.time() - begun) / 60:5.1f} min, step {step}, loss {running:.2f}, "
            + ", ".join(f"{name} SDRi {score:.2f} dB" for name, score in scores.items()),
            flush=True,
        )

    while (share := (time.time() - begun) / (60 * arguments.minutes)) < 1:
        warm = min(1.0, (step + 1) / 300)
        rate = arguments.rate * warm * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        s, n = batch(rng, speech, noise, arguments.batch, arguments.seconds)
        mixture = s + n
        stems = network(mixture)
        loss = (
            soft_ratio(stems[:, 0], s, mixture).mean()
            + 0.3 * soft_ratio(stems[:, 1], n, mixture).mean()
            + 0.5 * segment_loss(stems[:, 0], s, mixture).mean()
            + 8.0 * magnitude_loss(stems[:, 0], s, mixture)
            + 5.0 * envelope_loss(stems[:, 0], s)
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        step += 1
        if step == 1:
            # The first step compiles; the clock starts behind it.
            begun = saved = time.time()
        keep = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for mean, value in zip(average.parameters(), network.parameters()):
                mean.lerp_(value, 1 - keep)
        running = loss.item() if running is None else 0.99 * running + 0.01 * loss.item()
        if time.time() - saved > 240:
            save(share)
            saved = time.time()
    save(1.0)


if __name__ == "__main__":
    main()
