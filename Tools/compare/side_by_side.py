# SPDX-License-Identifier: Apache-2.0
"""What the comparisons have in common: systems in turn, each in a process of its own, and a table."""

import json
import pathlib
import platform
import resource
import statistics
import subprocess
import time


def measured(separate):
    """Runs one separation in this process and prints seconds and peak bytes."""
    started = time.perf_counter()
    separate()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peakMemoryBytes": peak}))


def compare(case, length, commands, options, environment):
    """Runs the commands in turn, `options.rounds` times, and prints times, memory and ratios.

    A command's last line is JSON with `seconds` and `peakMemoryBytes`. `length` is the sound's, in
    seconds. Ratios are to "separate-stems", medians of the rounds'.
    """
    rounds = {system: [] for system in commands}
    for _ in range(options.rounds):
        for system, command in commands.items():
            rounds[system].append(run(command, environment))
    print(f"{case}: {length} s of sound, {options.threads} threads, {processor()}, "
          f"{time.strftime('%Y-%m-%d')}, medians of {options.rounds} rounds")
    print(f"{'system':<16}{'s per s':>10}{'whole s':>10}{'peak MB':>10}{'ratio':>8}")
    for system, results in rounds.items():
        ratio = statistics.median(
            theirs["seconds"] / ours["seconds"]
            for theirs, ours in zip(results, rounds["separate-stems"])
        )
        print(
            f"{system:<16}"
            f"{statistics.median(r['seconds'] for r in results) / length:>10.4f}"
            f"{statistics.median(r['whole'] for r in results):>10.2f}"
            f"{max(r['peakMemoryBytes'] for r in results) / 1e6:>10.0f}{ratio:>8.2f}",
            flush=True,
        )


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
