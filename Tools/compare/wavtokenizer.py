#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Encodes and decodes the same recording with audio-tokens and with PyTorch running the reference, in
turn, with equal threads; compares tokens and samples, and prints times, ratios and peak memory.

    swift build -c release --product audio-tokens
    python3 -m venv .venv && .venv/bin/pip install -r Tools/compare/requirements.txt
    .venv/bin/python Tools/compare/wavtokenizer.py 75 --wavtokenizer CHECKOUT [--seconds 10]

The network has its published size for 40 or 75 tokens a second and random weights, which cost what
trained ones cost; the codes are embeddings of the recording itself, so that many are in use. CHECKOUT
is one of jishengpeng/WavTokenizer. Each system is a process of its own. Its time is that of the work
alone (ours includes reading and writing the files; start-up and loading are in the "whole process"
column), its memory the process's peak. The ratios are medians of the rounds'.
"""

import argparse
import json
import math
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 24000
STRIDES = {"40": [6, 5, 5, 4], "75": [8, 5, 4, 2]}


def parts(case, checkout):
    """The reference's three modules at full size."""
    sys.path.insert(0, str(checkout))
    from decoder.feature_extractors import EncodecFeatures
    from decoder.heads import ISTFTHead
    from decoder.models import VocosBackbone

    hop = math.prod(STRIDES[case])
    return {
        "feature_extractor": EncodecFeatures(
            bandwidths=[6.6] * 4, dowmsamples=STRIDES[case], vq_bins=4096, vq_kmeans=200
        ),
        "backbone": VocosBackbone(512, 768, 2304, 12, adanorm_num_embeddings=4),
        "head": ISTFTHead(768, 4 * hop, hop, padding="same"),
    }


def recording(seconds):
    """Voiced and unvoiced stretches with a moving pitch."""
    import numpy as np

    generator = np.random.default_rng(3)
    axis = np.arange(int(seconds * RATE)) / RATE
    pitch = np.cumsum(140 + 60 * np.sin(2.1 * axis) + 25 * np.sin(7.3 * axis)) / RATE
    voice = sum(np.sin(2 * np.pi * k * pitch + k) / k for k in range(1, 25))
    gate = 0.5 + 0.5 * np.sin(2 * np.pi * 3.1 * axis)
    noise = generator.standard_normal(axis.size) * (0.5 - 0.5 * np.sin(2 * np.pi * 1.7 * axis))
    return (0.12 * gate * voice + 0.04 * noise).astype("float32")


def prepare(case, checkout, folder, seconds):
    """Writes the checkpoint and the recording."""
    import soundfile
    import torch

    torch.manual_seed(5)
    modules = parts(case, checkout)
    for module in modules.values():
        for name, parameter in module.named_parameters():
            parameter.data += 0.02 * torch.randn(parameter.shape)
            # Untrained layers shrink the signal until no frame differs from the next.
            if name.endswith("weight_g"):
                parameter.data *= 2
    # Magnitudes and phases of a reasonable size.
    modules["head"].out.weight.data *= 0.5
    wave = recording(max(seconds, 70))
    codec = modules["feature_extractor"].encodec.eval()
    codebook = codec.quantizer.vq.layers[0]._codebook
    with torch.no_grad():
        frames = codec.encoder(torch.from_numpy(wave[: 70 * RATE])[None, None])[0].T
        chosen = torch.randint(frames.shape[0], (4096,))
        spread = (frames - frames.mean(0)).std(0)
        codebook.embed.data.copy_(
            frames[chosen] + 0.3 * spread * torch.randn(4096, frames.shape[1]))
        codebook.inited.data.fill_(1)
    state = {f"{name}.{key}": value.contiguous().clone()
             for name, module in modules.items() for key, value in module.state_dict().items()}
    torch.save({"state_dict": state}, folder / "model.ckpt")
    soundfile.write(folder / "input.wav", wave[: int(seconds * RATE)], RATE, subtype="FLOAT")


def worker(task, case, checkout, folder, threads):
    """Runs one task with the reference and prints seconds and peak bytes."""
    import numpy as np
    import soundfile
    import torch

    torch.set_num_threads(threads)
    modules = parts(case, checkout)
    state = torch.load(folder / "model.ckpt", weights_only=True)["state_dict"]
    for name, module in modules.items():
        module.eval()
        module.load_state_dict(
            {key[len(name) + 1 :]: value for key, value in state.items() if key.startswith(name + ".")})
    del state
    table = modules["feature_extractor"].encodec.quantizer.vq.layers[0]._codebook.embed
    identifier = torch.tensor([0])
    with torch.no_grad():
        if task == "encode":
            wave, _ = soundfile.read(folder / "input.wav", dtype="float32")
            wave = torch.from_numpy(wave)[None]
            started = time.perf_counter()
            _, codes, _ = modules["feature_extractor"].infer(wave, bandwidth_id=identifier)
            seconds = time.perf_counter() - started
            np.save(folder / "reference.npy", codes[0, 0].numpy())
        else:
            codes = torch.from_numpy(np.load(folder / "reference.npy"))
            started = time.perf_counter()
            features = table[codes].T[None]
            samples = modules["head"](modules["backbone"](features, bandwidth_id=identifier))
            seconds = time.perf_counter() - started
            soundfile.write(folder / "reference.wav", samples[0].numpy(), RATE, subtype="FLOAT")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peakMemoryBytes": peak}))


def run(command, environment):
    started = time.perf_counter()
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    whole = time.perf_counter() - started
    return json.loads(output.stdout.strip().splitlines()[-1]) | {"whole": whole}


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("case", choices=list(STRIDES))
    parser.add_argument("--wavtokenizer", required=True, help="a checkout of jishengpeng/WavTokenizer")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--program", default=str(ROOT / ".build/release/audio-tokens"))
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker == "prepare":
        prepare(options.case, options.wavtokenizer, options.folder, options.seconds)
        return
    if options.worker:
        worker(options.worker, options.case, options.wavtokenizer, options.folder, options.threads)
        return

    import numpy as np
    import soundfile

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def script(task):
            return [
                sys.executable, __file__, options.case, "--worker", task, "--folder", name,
                "--threads", str(options.threads), "--seconds", str(options.seconds),
                "--wavtokenizer", options.wavtokenizer,
            ]

        # In a process of its own: a child's peak memory counts from its parent's size on.
        subprocess.run(script("prepare"), check=True)
        environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
        shared = [
            "--model", str(folder / "model.ckpt"), "--output", str(folder / "out"), "--overwrite",
            "--json", "--threads", str(options.threads),
        ]
        commands = {
            "encode": [options.program, "encode", str(folder / "input.wav"), "--format", "npy"] + shared,
            "decode": [
                options.program, "decode", str(folder / "reference.npy"), "--sample-format", "float32",
            ] + shared,
        }
        rounds = {(task, system): [] for task in commands for system in ("audio-tokens", "pytorch")}
        for _ in range(options.rounds):
            for task, command in commands.items():
                # The reference first: its tokens are what both decode.
                rounds[task, "pytorch"].append(run(script(task), environment))
                rounds[task, "audio-tokens"].append(run(command, environment))
        ours = np.load(folder / "out" / "input.npy").reshape(-1)
        theirs = np.load(folder / "reference.npy").reshape(-1)
        print(f"tokens: {theirs.size}, {np.unique(theirs).size} different, "
              f"{int((ours != theirs).sum())} unlike the reference's")
        a, _ = soundfile.read(folder / "out" / "reference.wav", dtype="float32")
        b, _ = soundfile.read(folder / "reference.wav", dtype="float32")
        print(f"samples: largest difference {abs(a - b).max() / abs(b).max():.2g} of the peak")

    print(f"{options.case}: {options.seconds:g} s of sound, {options.threads} threads, {processor()}, "
          f"{time.strftime('%Y-%m-%d')}, medians of {options.rounds} rounds")
    print(f"{'task':<8}{'system':<14}{'s per s':>10}{'whole s':>10}{'peak MB':>10}{'ratio':>8}")
    for (task, system), results in rounds.items():
        ratio = statistics.median(
            theirs["seconds"] / ours["seconds"]
            for theirs, ours in zip(results, rounds[task, "audio-tokens"])
        )
        print(
            f"{task:<8}{system:<14}"
            f"{statistics.median(r['seconds'] for r in results) / options.seconds:>10.4f}"
            f"{statistics.median(r['whole'] for r in results):>10.2f}"
            f"{max(r['peakMemoryBytes'] for r in results) / 1e6:>10.0f}{ratio:>8.2f}"
        )


if __name__ == "__main__":
    main()
