# SPDX-License-Identifier: Apache-2.0
"""Trains by the clock: Adam, warm-up and cosine, averaged weights; writes RUN/last.pt every few minutes."""

import argparse
import os
import threading
import time
from pathlib import Path
from queue import Queue

import numpy as np
import torch

from mixing import Material, batch
from network import SOURCES, Network, Shape, features


def loss_of(estimates, sources):
    """Error-to-source ratios in dB, of the spectra and of their square-rooted magnitudes."""
    mixture = sources.sum(1)
    power = lambda z: z.real.square() + z.imag.square()
    whole = power(mixture).sum((1, 2, 3))[:, None] + 1e-8
    error = power(estimates - sources).sum((2, 3, 4)) / whole
    target = power(sources).sum((2, 3, 4)) / whole
    floor = 3e-3
    ratio = 10 * torch.log10((error + floor) / (target + floor))
    rooted = lambda z: (power(z) + 1e-10) ** 0.25
    soft_whole = rooted(mixture).square().sum((1, 2, 3))[:, None] + 1e-8
    soft_error = (rooted(estimates) - rooted(sources)).square().sum((2, 3, 4)) / soft_whole
    soft = 10 * torch.log10(soft_error + floor)
    return ratio.mean() + 0.5 * soft.mean(), ratio


def sdr(estimates, sources):
    power = lambda z: (z.real.square() + z.imag.square()).sum((2, 3, 4))
    return 10 * torch.log10((power(sources) + 1e-6) / (power(estimates - sources) + 1e-6))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=75, help="of the whole schedule")
    parser.add_argument("--resume", action="store_true", help="go on with RUN/last.pt, at its place in the schedule")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--frames", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="no compiler, no bfloat16")
    arguments = parser.parse_args()
    torch.manual_seed(arguments.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    arguments.run.mkdir(parents=True, exist_ok=True)
    network = Network(Shape()).to(device, memory_format=torch.channels_last)
    average = {key: value.clone() for key, value in network.state_dict().items()}
    optimiser = torch.optim.AdamW(network.parameters(), lr=arguments.rate, betas=(0.9, 0.98), weight_decay=1e-3)
    step, elapsed = 0, 0.0
    path = arguments.run / "last.pt"
    if arguments.resume:
        saved = torch.load(path, weights_only=True, map_location=device)
        network.load_state_dict(saved["raw"])
        optimiser.load_state_dict(saved["optimiser"])
        average, step, elapsed = saved["network"], saved["step"], saved["elapsed"]
    run = network if arguments.plain else torch.compile(network)

    material = Material(arguments.data, "train")
    queue: Queue = Queue(2)

    def feed():
        rng = np.random.default_rng([arguments.seed, step])
        count = 0
        while True:
            queue.put(batch(material, rng, network.shape, arguments.batch, arguments.frames))
            count += 1
            if count % 50 == 0:
                material.look()

    threading.Thread(target=feed, daemon=True).start()
    valid, rng = Material(arguments.data, "valid"), np.random.default_rng(7)
    valid = [batch(valid, rng, network.shape, arguments.batch, arguments.frames) for _ in range(6)]

    def estimates(sources):
        mixture = sources.sum(1)
        x = features(mixture, network.shape.exponent).contiguous(memory_format=torch.channels_last)
        with torch.autocast(device, torch.bfloat16, enabled=not arguments.plain):
            logits = run(x)
        return network.separated(mixture, logits)

    def save():
        part = path.with_suffix(".part")
        torch.save(
            {
                "network": average, "raw": network.state_dict(), "optimiser": optimiser.state_dict(), "step": step,
                "elapsed": elapsed, "shape": network.described(),
            },
            part,
        )  # fmt: skip
        os.replace(part, path)

    def validate():
        kept = {key: value.clone() for key, value in network.state_dict().items()}
        network.load_state_dict(average)
        found = []
        for sources in valid:
            sources = sources.to(device)
            with torch.no_grad():
                present = sources.abs().sum((2, 3, 4)) > 0
                values = sdr(estimates(sources), sources)
            found.append(torch.where(present, values, torch.nan))
        network.load_state_dict(kept)
        means = torch.nanmean(torch.cat(found), 0).tolist()
        print("  valid SDR " + "  ".join(f"{n} {v:.2f}" for n, v in zip(SOURCES, means)), flush=True)

    smooth, last, saved_at, first_step = None, time.time(), time.time(), step
    while elapsed < 60 * arguments.minutes:
        progress = elapsed / (60 * arguments.minutes)
        warm = min(1.0, (step + 1) / 100)
        for group in optimiser.param_groups:
            group["lr"] = arguments.rate * warm * (0.02 + 0.98 * (1 + np.cos(np.pi * progress)) / 2)
        sources = queue.get().to(device)
        loss, ratio = loss_of(estimates(sources), sources)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        if torch.isfinite(norm):
            optimiser.step()
        step += 1
        decay = min(0.998, (1 + step) / (20 + step))
        with torch.no_grad():
            for key, value in network.state_dict().items():
                average[key].lerp_(value, 1 - decay)
        now = time.time()
        if step > first_step + 1:  # the first step compiles
            elapsed += now - last
        last = now
        values = ratio.detach().mean(0)
        smooth = values if smooth is None else smooth.lerp(values, 0.03)
        if step % 25 == 0:
            print(
                f"{elapsed / 60:5.1f} min  step {step}  loss {loss.item():.2f}  norm {norm:.1f}  songs {len(material.songs)}  "
                + "  ".join(f"{n} {-v:.2f}" for n, v in zip(SOURCES, smooth.tolist())),
                flush=True,
            )
        if now - saved_at > 180:
            save()
            validate()
            saved_at = last = time.time()
    save()
    validate()


if __name__ == "__main__":
    main()
