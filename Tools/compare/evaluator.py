#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores the same stems with evaluate-stems and museval in turn, with equal threads, and prints times,
ratios and peak memory, and whether the scores are the same.

    swift build -c release --product evaluate-stems
    python3 -m venv .venv && .venv/bin/pip install museval==0.4.1 soundfile
    .venv/bin/python Tools/compare/evaluator.py                  # 30 s of four stereo stems
    .venv/bin/python Tools/compare/evaluator.py --seconds 240 --rounds 1 --threads 2

Stems are synthesised: noise of four colours with an envelope, and estimates with a tenth of the others
in them, as 16-bit WAV. Each system is a process of its own that reads the files, computes BSSEval v4
and writes the JSON; museval's figure excludes importing it, ours includes starting. Both sides get
`--threads` threads (of BLAS and FFT in museval's case). museval needs ffmpeg to be installed. The ratios
are medians of the rounds'.
"""

import argparse
import json
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
RATE = 44100
STEMS = ["vocals", "drums", "bass", "other"]


def prepare(folder, seconds):
    import numpy as np
    import soundfile
    from scipy.signal import lfilter

    random = np.random.default_rng(1)
    count = seconds * RATE
    beat = 0.55 + 0.45 * np.sin(np.arange(count) * 2 * np.pi / RATE)[:, None]
    references = {}
    for name, pole in zip(STEMS, (0.9, -0.5, 0.98, 0.3)):
        noise = lfilter([1], [1, -pole], random.standard_normal((count, 2)), axis=0)
        references[name] = 0.1 * beat * noise / noise.std()
    mixture = sum(references.values())
    for kind in ("references", "estimates"):
        (folder / kind / "test" / "Song").mkdir(parents=True)
    soundfile.write(folder / "references/test/Song/mixture.wav", mixture, RATE)
    for name, reference in references.items():
        soundfile.write(folder / f"references/test/Song/{name}.wav", reference, RATE)
        estimate = 0.85 * reference + 0.1 * mixture + 0.002 * random.standard_normal((count, 2))
        soundfile.write(folder / f"estimates/test/Song/{name}.wav", estimate, RATE)


def run_museval(folder):
    """The child process: prints seconds and peak memory."""
    import musdb
    import museval

    started = time.perf_counter()
    museval.eval_mus_dir(
        musdb.DB(root=folder / "references", is_wav=True), str(folder / "estimates"),
        output_dir=str(folder / "museval"))
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "bytes": peak(resource.RUSAGE_SELF)}))


def peak(who):
    return resource.getrusage(who).ru_maxrss * 1024


def measure_museval(folder, threads):
    limits = {
        name: str(threads)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    }
    output = subprocess.run(
        [sys.executable, __file__, "--child", "museval", "--folder", folder], env=os.environ | limits, check=True,
        capture_output=True, text=True).stdout
    return json.loads(output.splitlines()[-1])


def measure_ours(folder, threads, metrics):
    started = time.perf_counter()
    process = subprocess.Popen(
        [ROOT / ".build/release/evaluate-stems", "folder", folder / "references",
         folder / "estimates", "-o", folder / f"ours-{metrics}", "--museval-strict", "--overwrite",
         "--metrics", metrics, "--threads", str(threads), "--jobs", "1", "--progress", "none"],
        stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("evaluate-stems failed")
    return {"seconds": time.perf_counter() - started, "bytes": usage.ru_maxrss * 1024}


def largest_difference(folder):
    """In decibels, over all frames, sources and ratios; and whether the files are the same."""
    texts = [
        (folder / name / "test/Song.json").read_text() for name in ("museval", "ours-bsseval")
    ]
    targets = [
        {target["name"]: target["frames"] for target in json.loads(text)["targets"]}
        for text in texts
    ]
    largest = 0.0
    for name, frames in targets[0].items():
        for theirs, ours in zip(frames, targets[1][name], strict=True):
            for ratio, value in theirs["metrics"].items():
                largest = max(largest, abs(value - ours["metrics"][ratio]))
    bodies = [text[:text.index('"museval_version"')] for text in texts]
    return largest, bodies[0] == bodies[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", choices=["prepare", "museval"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child == "prepare":
        return prepare(arguments.folder, arguments.seconds)
    if arguments.child == "museval":
        return run_museval(arguments.folder)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # A process of its own: what this one holds would count as its children's memory.
        subprocess.run(
            [sys.executable, __file__, "--child", "prepare", "--folder", folder, "--seconds",
             str(arguments.seconds)], check=True)
        rounds = []
        for _ in range(arguments.rounds):
            theirs = measure_museval(folder, arguments.threads)
            ours = measure_ours(folder, arguments.threads, "bsseval")
            rounds.append((theirs, ours))
            print(
                f"museval {theirs['seconds']:7.2f} s {theirs['bytes'] / 1e6:6.0f} MB   "
                f"evaluate-stems {ours['seconds']:6.2f} s {ours['bytes'] / 1e6:5.0f} MB   "
                f"{theirs['seconds'] / ours['seconds']:5.1f}×", flush=True)
        energies = measure_ours(folder, arguments.threads, "sdr,si-sdr")
        difference, is_same = largest_difference(folder)
    times = statistics.median(a["seconds"] / b["seconds"] for a, b in rounds)
    memory = statistics.median(a["bytes"] / b["bytes"] for a, b in rounds)
    print(
        f"\n{arguments.seconds} s of four stereo stems, {arguments.threads} thread(s), "
        f"{platform.machine()}: {times:.1f}× faster, {memory:.1f}× less memory")
    print(f"largest difference {difference:.5f} dB; files {'equal' if is_same else 'differ'}")
    print(f"SDR and SI-SDR alone: {energies['seconds']:.2f} s, {energies['bytes'] / 1e6:.0f} MB")


main()
