#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Scores a list with Spark: each partition's lines are piped through 'evaluate-stems list -'.

    spark-submit Tools/scale/spark_pipe.py LIST OUTPUT_FILE --partitions 16 -- --metrics si-sdr,stoi

Paths in the list must be absolute, or the same from every executor's working folder. EVALUATE_STEMS
names the program, by an absolute path: Spark gives the child an empty environment. Spark runs a
partition again, or twice, as it likes; the lines are the same each time.
"""

import argparse
import os
import shlex
import shutil
import sys

from pyspark import SparkContext


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("list")
    parser.add_argument("output")
    parser.add_argument("--partitions", type=int, default=4)
    parser.epilog = "What follows -- are options of 'evaluate-stems list'."
    words = sys.argv[1:] + ["--"]
    arguments = parser.parse_args(words[:words.index("--")])
    options = words[words.index("--") + 1:-1]
    program = os.environ.get("EVALUATE_STEMS") or shutil.which("evaluate-stems")
    if not program:
        parser.error("evaluate-stems is not in PATH; set EVALUATE_STEMS")
    command = [
        os.path.abspath(program), "list", "-", "--jobs", "1", "--threads", "1", "--progress", "none",
        # A record that fails has its own line; the code is for what stops the program.
        "--record-errors", "ok", *options]
    environment = {
        name: value for name, value in os.environ.items()
        if name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") or name.startswith("OPENBLAS_")}
    with open(arguments.list, encoding="utf-8") as file:
        lines = [line for line in file.read().split("\n") if line.strip()]
    context = SparkContext(appName="evaluate-stems")
    results = context.parallelize(lines, arguments.partitions).pipe(
        shlex.join(command), env=environment, checkCode=True).collect()
    context.stop()
    part = f"{arguments.output}.part"
    with open(part, "w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in results)
    os.replace(part, arguments.output)


main()
