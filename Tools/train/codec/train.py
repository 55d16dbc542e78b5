# SPDX-License-Identifier: Apache-2.0
"""Trains the codec; stops by the clock, and goes on from where it was.

Until a share `--free` of the time the decoder hears the encoder's frames as they are; then k-means makes the
codebook, and from there on it hears codes. The learning rate follows the share of the budget that is used up.
"""

import argparse
import copy
import math
import threading
import time
from pathlib import Path
from queue import Queue

import numpy as np
import torch
import torch.nn.functional as F

from losses import EnvelopeDistance, SpectralDistance
from material import Speech, batch
from network import Codec, Shape


def batches(folder: Path, seed: int, size: int, length: int) -> Queue:
    """Batches made beside the training, a few ahead."""
    queue = Queue(4)

    def work():
        rng, speech = np.random.default_rng(seed), Speech(folder, "train")
        while True:
            queue.put(batch(rng, speech, size, length))

    threading.Thread(target=work, daemon=True).start()
    return queue


@torch.no_grad()
def scores(codec: Codec, waves: torch.Tensor, quantises: bool) -> str:
    parts = []
    for part in waves.split(8):
        frames = codec.encoded(part)
        if quantises:
            frames = codec.codebook.embed[codec.codebook.tokens(frames)]
        parts.append(codec.decoded(frames))
    estimate = torch.cat(parts)
    used = codec.codebook.cluster_size
    share = used / used.sum()
    entropy = -(share * (share + 1e-9).log2()).sum()
    return (
        f"valid: spectral {SpectralDistance()(estimate, waves):.3f}, "
        f"envelopes {1 - EnvelopeDistance()(estimate, waves):.3f}, {entropy:.2f} bits a token"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=80)
    parser.add_argument("--free", type=float, default=0.12, help="share of the time without codes")
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=96, help="length of a crop")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true", help="go on with what lies in OUT")
    parser.add_argument("--restart", action="store_true", help="with --resume: a clock of its own")
    parser.add_argument("--plain", action="store_true", help="no compilation, no bfloat16")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    rng = np.random.default_rng(arguments.seed)
    codec = Codec(Shape())
    average = copy.deepcopy(codec).requires_grad_(False)
    fast = not arguments.plain
    if fast:
        codec.encoder.whole = torch.compile(codec.encoder.convolved)
        codec.decoder.whole = torch.compile(codec.decoder.features)
    optimiser = torch.optim.AdamW(
        codec.parameters(), lr=arguments.rate, betas=(0.8, 0.98), weight_decay=1e-3
    )
    spectral, envelopes = SpectralDistance(), EnvelopeDistance()
    step, used, quantises, running = 0, 0.0, False, math.nan
    latest = arguments.out / "last.pt"
    if arguments.resume and latest.exists():
        state = torch.load(latest, weights_only=True)
        codec.load_state_dict(state["codec"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        step, quantises = state["step"], state["quantises"]
        used = 0.0 if arguments.restart else state["share"]
    length = arguments.tokens * codec.shape.hop
    queue = batches(arguments.data, arguments.seed + step, arguments.batch, length)
    check = batch(np.random.default_rng(7), Speech(arguments.data, "valid"), 24, 240 * codec.shape.hop)
    # The clock starts behind the first step, which compiles.
    begun = saved = None

    def spent() -> float:
        return used + (0 if begun is None else (time.time() - begun) / (60 * arguments.minutes))

    def save():
        state = {
            "codec": codec.state_dict(),
            "average": average.state_dict(),
            "optimiser": optimiser.state_dict(),
            "step": step,
            "share": share,
            "quantises": quantises,
        }
        torch.save(state, latest.with_suffix(".new"))
        latest.with_suffix(".new").replace(latest)
        print(
            f"{arguments.minutes * spent():5.1f} min, step {step}, loss {running:.3f}, {scores(average, check, quantises)}",
            flush=True,
        )

    while (share := spent()) < 1:
        if not quantises and share > arguments.free:
            with torch.no_grad():
                frames = [codec.encoded(queue.get(), fast).flatten(0, 1) for _ in range(40)]
            codec.codebook.begin(torch.cat(frames))
            average.codebook.load_state_dict(codec.codebook.state_dict())
            quantises = True
            save()
        warm = min(1.0, (step + 1) / 200)
        rate = arguments.rate * warm * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * share)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        wave = queue.get()
        frames = codec.encoded(wave, fast)
        loss = 0.0
        if quantises:
            codes = codec.codebook.embed[codec.codebook.tokens(frames.detach())]
            loss = 0.25 * F.mse_loss(frames, codes)
            flat = frames.detach().flatten(0, 1)
            frames = frames + (codes - frames).detach()
        else:
            # Nothing else would keep the frames from growing.
            loss = 1e-3 * frames.square().mean()
        estimate = codec.decoded(frames, fast)
        loss = loss + spectral(estimate, wave, rng) + 2 * envelopes(estimate, wave)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(codec.parameters(), 3.0)
        optimiser.step()
        if quantises:
            codec.codebook.follow(flat)
        step += 1
        keep = min(0.998, (step + 1) / (step + 20))
        with torch.no_grad():
            for mean, value in zip(average.parameters(), codec.parameters()):
                mean.lerp_(value, 1 - keep)
            average.codebook.embed.lerp_(codec.codebook.embed, 1 - keep)
            average.codebook.cluster_size.copy_(codec.codebook.cluster_size)
        running = loss.item() if math.isnan(running) else 0.98 * running + 0.02 * loss.item()
        if begun is None:
            begun = saved = time.time()
        if time.time() - saved > 180:
            save()
            saved = time.time()
    save()


if __name__ == "__main__":
    main()
