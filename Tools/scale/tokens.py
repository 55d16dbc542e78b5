#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A corpus job with `audio-tokens`: many short recordings from a list, in two parts, each stopped by force
in the middle and resumed.

    swift build -c release --product audio-tokens
    python3 Tools/scale/tokens.py MODEL.ckpt [--recordings 1000] [--seconds 3]

Checks that every recording is in the parts' lines once, that they equal an undisturbed run's, and that the
data sets made beside them (Megatron) hold the same; prints hours of sound an hour. Needs Python's standard
library only; recordings are noise and tones at 16 kHz.
"""

import argparse
import array
import json
import math
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 16000


def make_recordings(folder, count, seconds):
    """Writes recordings of half to one and a half times `seconds`, and their list; the seconds of all."""
    numbers = random.Random(1)
    noise = [numbers.gauss(0, 2000) for _ in range(RATE)]
    total = 0.0
    (folder / "sound").mkdir()
    with open(folder / "list.jsonl", "w") as lines:
        for index in range(count):
            length = int(RATE * seconds * numbers.uniform(0.5, 1.5))
            pitch = numbers.uniform(0.02, 0.2)
            samples = array.array(
                "h", (int(6000 * math.sin(pitch * i) + noise[(i * 7 + index) % RATE]) for i in range(length))
            )
            with wave.open(str(folder / f"sound/{index:05d}.wav"), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", ""))
                file.writeframes(samples.tobytes())
            lines.write(json.dumps({"id": f"clip-{index:05d}", "audio": f"sound/{index:05d}.wav"}) + "\n")
            total += length / RATE
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--program", default=str(ROOT / ".build/release/audio-tokens"))
    parser.add_argument("--recordings", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        total = make_recordings(folder, options.recordings, options.seconds)
        command = [
            options.program, "encode", "--manifest", str(folder / "list.jsonl"), "-m", options.model,
            "--format", "megatron", "--quiet",
        ] + (["--threads", str(options.threads)] if options.threads else [])

        started = time.perf_counter()
        subprocess.run(command + ["-o", str(folder / "whole")], check=True, stdout=subprocess.DEVNULL)
        spent = time.perf_counter() - started
        print(f"{options.recordings} recordings, {total / 3600:.3f} h of sound, in {spent:.1f} s: "
              f"{total / spent:.0f} hours an hour")

        ids = [json.loads(line)["id"] for line in open(folder / "list.jsonl")]
        whole = {}
        for line in open(folder / "whole/tokens.jsonl"):
            record = json.loads(line)
            whole[record["id"]] = record
        good = sorted(whole) == ids
        seen = []
        for part in range(2):
            name = f"tokens-{part:05d}-of-00002"
            target = folder / "parts" / f"{name}.jsonl"
            journal = folder / "parts" / f".{name}.jsonl.journal"
            arguments = command + ["-o", str(folder / "parts"), "--shard", f"{part}/2"]
            process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            # Half of the part's lines are there when it is stopped.
            wanted = options.recordings // 4
            while process.poll() is None:
                if journal.exists() and journal.read_bytes().count(b"\n") >= wanted:
                    process.send_signal(signal.SIGKILL)
                    break
                time.sleep(0.01)
            process.wait()
            done = journal.read_bytes().count(b"\n") if journal.exists() else 0
            print(f"part {part}: stopped by force with {done} of {options.recordings // 2} lines"
                  + (", its file not there" if not target.exists() else ""))
            good &= not target.exists() and done > 0
            subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
            records = [json.loads(line) for line in open(target)]
            seen += [record["id"] for record in records]
            good &= all(record == whole[record["id"]] for record in records)
            back = subprocess.run(
                [options.program, "convert", str(folder / "parts" / f"{name}.idx"), "-o", "-"],
                check=True, capture_output=True,
            ).stdout
            good &= [json.loads(line)["tokens"] for line in back.splitlines()] == [r["tokens"] for r in records]
        good &= sorted(seen) == ids
        print(f"resumed: {len(set(seen))} recordings, {len(seen) - len(set(seen))} twice, "
              f"{len(set(ids) - set(seen))} missing, "
              + ("all as in the undisturbed run" if good else "NOT as in the undisturbed run"))
    sys.exit(not good)


if __name__ == "__main__":
    main()
