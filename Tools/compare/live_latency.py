#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feeds a recording to `separate-stems - -o -` at the speed of sound, and prints how much later each
sample comes out: the delay a listener hears, pipes and scheduling included.

    python Tools/compare/live_latency.py AudioFixtures/speech-with-noise.wav
"""

import argparse
import pathlib
import statistics
import struct
import subprocess
import threading
import time
import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("recording", help="16-bit WAV at the model's rate")
    parser.add_argument("--program", default=str(ROOT / ".build/release/separate-stems"))
    parser.add_argument("--stem", default="speech")
    parser.add_argument("--block", type=float, default=0.01, help="seconds sent at a time")
    options = parser.parse_args()
    with wave.open(options.recording) as file:
        rate, channels = file.getframerate(), file.getnchannels()
        frames = file.readframes(file.getnframes())
    width = 2 * channels
    block = int(rate * options.block)
    process = subprocess.Popen(
        [options.program, "-", "-m", "speech-noise-16k", "-o", "-", "--stems", options.stem, "--raw-samples"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
    )
    # A header of unknown length, as recorders send it.
    process.stdin.write(
        b"RIFF\xff\xff\xff\xffWAVEfmt " + struct.pack("<IHHIIHH", 16, 1, channels, rate, rate * width, width, 16)
        + b"data\xff\xff\xff\xff"
    )
    time.sleep(1)  # start-up and loading are not latency
    recorded = []  # when each block's last sample had been spoken

    def feed():
        started = time.perf_counter()
        for number, start in enumerate(range(0, len(frames), block * width)):
            due = started + (number + 1) * block / rate
            time.sleep(max(0, due - time.perf_counter()))
            recorded.append((start // width, time.perf_counter()))
            process.stdin.write(frames[start : start + block * width])
        process.stdin.close()

    feeder = threading.Thread(target=feed)
    feeder.start()
    delays, received = [], 0
    while data := process.stdout.read(1 << 16):
        now = time.perf_counter()
        # The oldest of the samples that came out has waited longest; it was spoken in this block.
        index = min(received // block, len(recorded) - 1)
        spoken = recorded[index][1] - (block - 1 - received % block) / rate
        delays.append(1000 * (now - spoken))
        received += len(data) // 4
    feeder.join()
    process.wait()
    delays = delays[:-1]  # the end of the stream is delivered at once
    print(
        f"{received} of {len(frames) // width} samples; delay of the oldest sample of each delivery: median "
        f"{statistics.median(delays):.1f} ms, worst {max(delays):.1f} ms"
    )


if __name__ == "__main__":
    main()
