#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tokens with `audio-tokens convert` and reads them back with the packages that they are for:
Megatron-LM, WebDataset, NumPy and safetensors; and the other way round, what those packages write.

    swift build -c release --product audio-tokens
    python3 -m venv .venv && .venv/bin/pip install -r Tools/compare/requirements.txt
    .venv/bin/python Tools/compare/token_files.py

Tokens are random: 500 recordings of 0 to 3000 tokens, ids with dots, slashes and letters beyond ASCII.
Prints a line for each comparison and ends with 1 where one fails. megatron-core warns of packages for GPUs
that it does without here.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODES = 4096
OFFSET = 151_672
END = 7


def records(count):
    numbers = np.random.default_rng(1)
    for index in range(count):
        length = 0 if index == 3 else int(numbers.integers(1, 3000))
        yield {
            "id": ["clip-%d", "speaker/clip-%d", "take.2/clip.%d", "größe-%d"][index % 4] % index,
            "model": "random", "tokensPerSecond": 75, "sampleRate": 24000, "hopLength": 320,
            "codebookSize": CODES, "samples": 320 * length, "duration": length / 75,
            "tokens": numbers.integers(0, CODES, length).tolist(),
        }


class Comparison:
    def __init__(self, program):
        self.program = program
        self.failures = 0

    def run(self, *arguments):
        return subprocess.run([self.program, *map(str, arguments)], check=True, capture_output=True).stdout

    def check(self, what, good):
        print(("ok      " if good else "FAILED  ") + what)
        self.failures += not good


def megatron(comparison, lines, wanted, folder):
    from megatron.core.datasets.indexed_dataset import DType, IndexedDataset, IndexedDatasetBuilder

    for options, offset, end in [([], 0, None), (["--vocabulary-offset", OFFSET, "--end-of-document", END], OFFSET, END)]:
        target = folder / f"megatron-{offset}"
        comparison.run("convert", lines, "--format", "megatron", "-o", target, *options)
        data = IndexedDataset(str(target / "tokens"))
        dtype = DType.optimal_dtype(max(offset + CODES, 0))
        expected = [np.array([offset + t for t in r["tokens"]] + ([] if end is None else [end])) for r in wanted]
        comparison.check(
            f"Megatron reads ours, offset {offset}: {len(data)} sequences of {data.index.dtype.__name__}",
            len(data) == len(wanted)
            and data.index.dtype == dtype
            and data.document_indices.tolist() == list(range(len(wanted) + 1))
            and all(np.array_equal(data[i], e) for i, e in enumerate(expected)),
        )
        prefix = folder / f"theirs-{offset}"
        builder = IndexedDatasetBuilder(f"{prefix}.bin", dtype=dtype)
        import torch

        for e in expected:
            builder.add_item(torch.tensor(e, dtype=torch.int64))
            builder.end_document()
        builder.finalize(f"{prefix}.idx")
        same = all(
            pathlib.Path(f"{prefix}{end}").read_bytes() == (target / f"tokens{end}").read_bytes()
            for end in (".bin", ".idx")
        )
        comparison.check(f"Megatron writes the same bytes, offset {offset}", same)
        back = comparison.run("convert", prefix, "--format", "json", "-o", "-", *options)
        tokens = [json.loads(line)["tokens"] for line in back.splitlines()]
        comparison.check(f"ours reads Megatron's, offset {offset}", tokens == [r["tokens"] for r in wanted])


def web_dataset(comparison, lines, wanted, folder):
    import webdataset

    target = folder / "webdataset"
    comparison.run("convert", lines, "--format", "webdataset", "--shard-size", 120, "-o", target)
    shards = sorted(target.glob("*.tar"))
    data = list(webdataset.WebDataset([str(s) for s in shards], shardshuffle=False).decode())
    comparison.check(
        f"WebDataset reads ours: {len(data)} samples of {len(shards)} shards",
        len(shards) == 5
        and len(data) == len(wanted)
        and all(
            d["npy"].shape == (1, len(r["tokens"])) and d["npy"].dtype == np.int16
            and d["npy"][0].tolist() == r["tokens"] and d["json"]["id"] == r["id"]
            and d["json"]["samples"] == r["samples"]
            for d, r in zip(data, wanted)
        ),
    )
    theirs = folder / "theirs.tar"
    with webdataset.TarWriter(str(theirs)) as writer:
        for index, r in enumerate(wanted):
            writer.write({"__key__": f"größe/{index:06d}", "npy": np.array(r["tokens"], np.int64), "txt": "x"})
    back = [json.loads(line) for line in comparison.run("convert", theirs, "--format", "json", "-o", "-").splitlines()]
    comparison.check(
        "ours reads WebDataset's",
        [b["tokens"] for b in back] == [r["tokens"] for r in wanted] and back[5]["id"] == "größe/000005",
    )


def arrays(comparison, lines, wanted, folder):
    import safetensors
    import safetensors.numpy

    few = folder / "few.jsonl"
    few.write_text("".join(line + "\n" for line in lines.read_text().splitlines()[:40]))
    for form in ("npy", "safetensors"):
        target = folder / form
        paths = comparison.run("convert", few, "--format", form, "-o", target).decode().splitlines()
        if form == "npy":
            read = [np.load(p) for p in paths]
        else:
            read = [safetensors.numpy.load_file(p)["tokens"] for p in paths]
            with safetensors.safe_open(paths[2], "np") as file:
                metadata = file.metadata()
            comparison.check("safetensors reads our metadata", metadata["id"] == wanted[2]["id"] and metadata["hopLength"] == "320")
        comparison.check(
            f"{form} reads ours: {len(read)} files",
            len(read) == 40
            and all(a.shape == (1, len(r["tokens"])) and a.dtype == np.int16 and a[0].tolist() == r["tokens"]
                    for a, r in zip(read, wanted)),
        )
    for dtype in (np.uint8, np.uint16, np.int32, np.int64, ">i2", ">i4"):
        array = np.arange(200).astype(dtype)
        for shape in ((200,), (1, 200), (1, 1, 200), (200, 1)):
            np.save(folder / "a.npy", array.reshape(shape, order="F"))
            record = json.loads(comparison.run("convert", folder / "a.npy", "--format", "json", "-o", "-"))
            if record["tokens"] != list(range(200)):
                comparison.check(f"ours reads NumPy's {dtype} {shape}", False)
    safetensors.numpy.save_file({"tokens": np.arange(200)[None]}, folder / "a.safetensors")
    record = json.loads(comparison.run("convert", folder / "a.safetensors", "--format", "json", "-o", "-"))
    comparison.check("ours reads NumPy's and safetensors' arrays", record["tokens"] == list(range(200)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / ".build/release/audio-tokens"))
    parser.add_argument("--records", type=int, default=500)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    comparison = Comparison(options.program)
    wanted = list(records(options.records))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        lines = folder / "tokens.jsonl"
        lines.write_text("".join(json.dumps(r) + "\n" for r in wanted))
        megatron(comparison, lines, wanted, folder)
        web_dataset(comparison, lines, wanted, folder)
        arrays(comparison, lines, wanted, folder)
        packed = comparison.run("convert", lines, "--format", "packed", "-o", "-")
        (folder / "a.tokens").write_bytes(packed)
        back = comparison.run("convert", folder / "a.tokens", "--format", "json", "-o", "-")
        same = [json.loads(line) for line in back.splitlines()] == wanted
        comparison.check(f"the packed container gives everything back, {len(packed)} bytes", same)
    sys.exit(comparison.failures > 0)


if __name__ == "__main__":
    main()
