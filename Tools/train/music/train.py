# SPDX-License-Identifier: Apache-2.0
"""Trains by the clock: Adam, warm-up and cosine, averaged weights; writes RUN/last.pt every few minutes.

On a CPU several processes share the weights, and each changes them by its own mixtures ("Hogwild"), since processes that
wait for nobody get more done than threads that wait for each other where cores are shared with other work.
"""

import argparse
import math
import multiprocessing
import os
import time
from pathlib import Path

# A process that has had threads can't be forked; this counts from the first import on.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from mixing import Material, batch
from network import SOURCES, Network, Shape, features


def loss_of(estimates, sources):
    """Error-to-source ratios in dB, of the spectra and of their square-rooted magnitudes."""
    mixture = sources.sum(1)

    def power(z):
        return z.real.square() + z.imag.square()

    def rooted(z):
        return (power(z) + 1e-10) ** 0.25

    floor = 3e-3
    whole = power(mixture).sum((1, 2, 3))[:, None] + 1e-8
    error = power(estimates - sources).sum((2, 3, 4)) / whole
    target = power(sources).sum((2, 3, 4)) / whole
    ratio = 10 * torch.log10((error + floor) / (target + floor))
    soft_whole = rooted(mixture).square().sum((1, 2, 3))[:, None] + 1e-8
    soft = (rooted(estimates) - rooted(sources)).square().sum((2, 3, 4)) / soft_whole
    return ratio.mean() + 5 * torch.log10(soft + floor).mean(), ratio


def sdr(estimates, sources):
    def power(z):
        return (z.real.square() + z.imag.square()).sum((2, 3, 4))

    return 10 * torch.log10((power(sources) + 1e-6) / (power(estimates - sources) + 1e-6))


class Trainer:
    def __init__(self, options):
        self.options = options
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = Network(Shape()).to(self.device, memory_format=torch.channels_last)
        self.step, self.elapsed = 0, multiprocessing.Value("d", 0.0)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=options.rate, betas=(0.9, 0.98), weight_decay=1e-3
        )
        self.average = {key: value.clone() for key, value in self.network.state_dict().items()}
        self.path = options.run / "last.pt"
        if options.resume:
            saved = torch.load(self.path, weights_only=True, map_location=self.device)
            self.network.load_state_dict(saved["raw"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.average, self.step = saved["network"], saved["step"]
            self.elapsed.value = saved["elapsed"]
        if self.device == "cpu":
            self.network.share_memory()
        self.run = self.network if options.plain else torch.compile(self.network)
        self.material = Material(options.data, "train")

    def batch(self, material, rng):
        return batch(material, rng, self.network.shape, self.options.batch, self.options.frames).to(self.device)

    def estimates(self, sources):
        mixture = sources.sum(1)
        x = features(mixture, self.network.shape.exponent).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device, torch.bfloat16, enabled=not self.options.plain):
            logits = self.run(x)
        return self.network.separated(mixture, logits)

    def compile(self):
        sources = self.batch(self.material, np.random.default_rng(0))
        loss_of(self.estimates(sources), sources)[0].backward()
        self.network.zero_grad(set_to_none=True)

    def learn(self, rng):
        options = self.options
        progress = self.elapsed.value / (60 * options.minutes)
        warm = min(1.0, (self.step + 1) / 60)
        for group in self.optimiser.param_groups:
            group["lr"] = options.rate * warm * (0.02 + 0.98 * (1 + math.cos(math.pi * min(progress, 1))) / 2)
        sources = self.batch(self.material, rng)
        loss, ratio = loss_of(self.estimates(sources), sources)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        if torch.isfinite(norm):
            self.optimiser.step()
        self.step += 1
        if self.step % 50 == 0:
            self.material.look()
        return loss.item(), ratio.detach().mean(0)

    def help(self, number: int, steps):
        """What all processes but the first do."""
        rng = np.random.default_rng([self.options.seed, number, self.step])
        self.compile()
        while self.elapsed.value < 60 * self.options.minutes:
            self.learn(rng)
            with steps.get_lock():
                steps.value += 1

    def lead(self, steps):
        """Trains too, and keeps the average, the clock and the files."""
        rng = np.random.default_rng([self.options.seed, 0, self.step])
        began = time.time()
        self.compile()
        print(f"compiled in {time.time() - began:.0f} s", flush=True)
        valid = self.validation()
        smooth, last, saved_at, seen = None, time.time(), time.time(), steps.value
        while self.elapsed.value < 60 * self.options.minutes:
            loss, ratio = self.learn(rng)
            with steps.get_lock():
                steps.value += 1
            passed, seen = steps.value - seen, steps.value
            decay = min(0.998, (1 + seen) / (20 + seen)) ** passed
            with torch.no_grad():
                for key, value in self.network.state_dict().items():
                    self.average[key].lerp_(value, 1 - decay)
            now = time.time()
            self.elapsed.value += now - last
            last = now
            smooth = ratio if smooth is None else smooth.lerp(ratio, 0.05)
            if self.step % 10 == 0:
                print(
                    f"{self.elapsed.value / 60:5.1f} min  steps {seen}  songs {len(self.material.songs)}  loss {loss:.2f}  "
                    + "  ".join(f"{n} {-v:.2f}" for n, v in zip(SOURCES, smooth.tolist())),
                    flush=True,
                )
            if now - saved_at > self.options.save * 60:
                self.save(seen)
                self.validate(valid)
                saved_at = time.time()
        self.save(steps.value)
        self.validate(valid)

    def save(self, steps: int):
        part = self.path.with_suffix(".part")
        torch.save(
            {
                "network": self.average, "raw": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
                "step": steps, "elapsed": self.elapsed.value, "shape": self.network.described(),
            },
            part,
        )  # fmt: skip
        os.replace(part, self.path)

    def validation(self):
        rng = np.random.default_rng(7)
        material = Material(self.options.data, "valid")
        return [self.batch(material, rng) for _ in range(16 // self.options.batch)]

    def validate(self, valid):
        average = Network(self.network.shape)
        average.load_state_dict(self.average)
        found = []
        for sources in valid:
            sources = sources.cpu()
            mixture = sources.sum(1)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                logits = average(features(mixture, average.shape.exponent))
            present = sources.abs().sum((2, 3, 4)) > 0
            values = sdr(average.separated(mixture, logits), sources)
            found.append(torch.where(present, values, torch.nan))
        means = torch.nanmean(torch.cat(found), 0).tolist()
        print("  valid SDR " + "  ".join(f"{n} {v:.2f}" for n, v in zip(SOURCES, means)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("run", type=Path)
    parser.add_argument("--minutes", type=float, default=90, help="of the whole schedule")
    parser.add_argument("--resume", action="store_true", help="go on with RUN/last.pt, at its place in the schedule")
    parser.add_argument("--processes", type=int, default=2 if not torch.cuda.is_available() else 1)
    parser.add_argument("--batch", type=int, default=2 if not torch.cuda.is_available() else 16)
    parser.add_argument("--frames", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--save", type=float, default=4, help="minutes between checkpoints")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="no compiler, no bfloat16")
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    options.run.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options)
    # Before anything is differentiated: autograd's threads don't survive a fork.
    context = multiprocessing.get_context("fork")
    steps = context.Value("q", trainer.step)
    helpers = [context.Process(target=trainer.help, args=(n, steps), daemon=True) for n in range(1, options.processes)]
    for helper in helpers:
        helper.start()
    trainer.lead(steps)
    for helper in helpers:
        helper.join()


if __name__ == "__main__":
    main()
