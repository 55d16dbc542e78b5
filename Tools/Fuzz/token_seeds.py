# SPDX-License-Identifier: Apache-2.0
"""Writes a small file of each token format into the folder given, for the fuzzer to begin with."""

import io
import json
import struct
import sys
import tarfile
import zlib
from pathlib import Path

TOKENS = [3, 17, 4095, 0, 250]
CODEC = {"sampleRate": 24000, "hopLength": 600, "codebookSize": 4096}


def npy(descriptor="<i2", code="<h"):
    text = f"{{'descr': '{descriptor}', 'fortran_order': False, 'shape': (1, {len(TOKENS)}), }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    data = b"".join(struct.pack(code, token) for token in TOKENS)
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode() + data


def description(**more):
    return json.dumps({"id": "a", "model": "m", "samples": 2990, **CODEC, **more}).encode()


def safetensors():
    header = json.dumps({
        "__metadata__": {"id": "a", "model": "m", **{key: str(CODEC[key]) for key in CODEC}},
        "margins": {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]},
        "tokens": {"dtype": "I16", "shape": [1, 5], "data_offsets": [20, 30]}}).encode()
    data = struct.pack("<5f", *range(5)) + struct.pack("<5h", *TOKENS)
    return struct.pack("<Q", len(header)) + header + data


def packed():
    names = b'{"id":"a","model":"m"}'
    bits = sum(token << (12 * place) for place, token in enumerate(TOKENS))
    content = b"\x89TOKENS\n" + struct.pack(
        "<HBBIQQIII", 1, 12, 0, len(names), len(TOKENS), 2990, *CODEC.values())
    content += names + bits.to_bytes(8, "little")
    return content + struct.pack("<I", zlib.crc32(content))


def archive(kind):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=kind) as tar:
        for name, data in (("k" * 120 + ".npy", npy()), ("b.npy", npy(">i4", ">i")),
                           ("b.json", description())):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    # The two empty blocks at its end are enough.
    return file.getvalue().rstrip(b"\0") + bytes(1536)


def megatron():
    index = b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, 8, 2, 3)
    index += struct.pack("<2i", 3, 2) + struct.pack("<2q", 0, 6) + struct.pack("<3q", 0, 1, 2)
    return struct.pack("<H", len(index)) + index + struct.pack("<5H", *TOKENS)


def main():
    seeds = {
        "json": b"\0" + description(tokens=TOKENS, margins=[1.5, None, 2, 3, 4]) + b"\n"
        + b'{"id":7,"status":"error"}\n{"tokens":[[1,2]]}\n',
        "npy": b"\0" + npy(),
        "safetensors": b"\0" + safetensors(),
        "text": b"\0<|audio_17|><|audio_4095|>\n\n<|audio_0|>\n",
        "words": b"\5" + b"0117 4195\r\n0100\n",
        "packed": b"\1" + packed() + packed(),
        "gnu": b"\2" + archive(tarfile.GNU_FORMAT),
        "pax": b"\2" + archive(tarfile.PAX_FORMAT),
        "megatron": b"\3" + megatron(),
    }
    for name, content in seeds.items():
        (Path(sys.argv[1]) / f"{name}.seed").write_bytes(content)


main()
