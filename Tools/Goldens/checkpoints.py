# SPDX-License-Identifier: Apache-2.0
"""Writes the checkpoint files that CheckpointsTests opens, and what PyTorch reads from them.

    python Tools/Goldens/checkpoints.py

Needs torch, numpy and safetensors. Every file NAME.EXT gets NAME.expected.safetensors with all its
tensors as float32 (float64 where the file has wide numbers). The values are seeded; a run with the
same versions gives the same files but for the serialization id that torch puts into zip archives.
"""

import argparse
import collections
import fractions
import pathlib
import sys
import types

import numpy
import torch
from safetensors.torch import save_file

SEED = 20
FOLDER = pathlib.Path(__file__).parents[2] / "Tests" / "CheckpointsTests" / "Goldens"
PROVENANCE = {
    "script": "Tools/Goldens/checkpoints.py",
    "seed": str(SEED),
    "torch": torch.__version__,
    "numpy": numpy.__version__,
    "python": sys.version.split()[0],
}


class Callback:
    """Stands for the classes of a training package that isn't installed here."""

    def __init__(self):
        self.patience = 7
        self.scores = [0.5, 0.25]


recipe = types.ModuleType("recipe.callbacks")
recipe.Callback = Callback
Callback.__module__ = "recipe.callbacks"
Callback.__qualname__ = "Callback"
sys.modules["recipe"] = types.ModuleType("recipe")
sys.modules["recipe.callbacks"] = recipe


def tensors():
    """One tensor for each way in which a tensor can lie in a file."""
    base = torch.randn(24)
    matrix = torch.randn(4, 5)
    cube = torch.randn(2, 3, 4)
    specials = torch.tensor([0.0, -0.0, 6e-8, -5.9e-5, 65504.0, -1.0, 3.140625])
    return {
        "float32": torch.randn(3, 4),
        "float16": specials.half(),
        "bfloat16": torch.tensor([1e-40, 3e38, -2.5, 0.0]).bfloat16(),
        "float64": torch.tensor([1 / 3, -1e-300, 16777217.0], dtype=torch.float64),
        "int8": torch.tensor([-128, 0, 127], dtype=torch.int8),
        "int16": torch.tensor([-32768, 5, 32767], dtype=torch.int16),
        "int32": torch.tensor([-(2**31), 1, 2**31 - 1], dtype=torch.int32),
        "int64": torch.tensor([-(2**53), 2, 2**40], dtype=torch.int64),
        "uint8": torch.tensor([0, 128, 255], dtype=torch.uint8),
        "bool": torch.tensor([True, False, True]),
        "shared.whole": base,
        "shared.middle": base[5:11].view(2, 3),
        "shared.every_other": base[1::2],
        "transposed": matrix.t(),
        "column": matrix[:, 1],
        "permuted": cube.permute(2, 0, 1),
        "expanded": torch.randn(4).expand(3, 4),
        "scalar": torch.tensor(-1.5),
        "counter": torch.tensor(1234567, dtype=torch.int64),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(torch.randn(2, 2)),
        "half_slice": torch.randn(8).half()[3:6],
    }


def wide(tensor):
    """As the expected file keeps it: wide enough for Swift's own rounding to be checked."""
    tensor = tensor.detach()
    exact = tensor.dtype in (torch.float64, torch.int64, torch.int32)
    return tensor.to(torch.float64 if exact else torch.float32).contiguous().clone()


def expect(name, state):
    save_file(
        {key: wide(value) for key, value in state.items()},
        FOLDER / f"{name}.expected.safetensors",
        metadata=PROVENANCE,
    )


def main():
    torch.manual_seed(SEED)
    FOLDER.mkdir(parents=True, exist_ok=True)

    state = tensors()
    torch.save(state, FOLDER / "zip.pt")
    expect("zip", state)
    # Strides and sharing as above, but by the other writers.
    small = {key: state[key] for key in ("float32", "shared.middle", "transposed", "parameter")}
    for protocol in (3, 4, 5):
        torch.save(small, FOLDER / f"protocol{protocol}.pt", pickle_protocol=protocol)
        expect(f"protocol{protocol}", small)
    torch.save(state, FOLDER / "legacy.pt", _use_new_zipfile_serialization=False)
    expect("legacy", state)
    torch.save(
        small, FOLDER / "legacy4.pt", _use_new_zipfile_serialization=False, pickle_protocol=4
    )
    expect("legacy4", small)

    # Types without a storage class of their own are written another way.
    untyped = {
        "uint16": torch.tensor([0, 65535, 7], dtype=torch.uint16),
        "uint32": torch.tensor([0, 4294967295, 9], dtype=torch.uint32)[1:],
    }
    torch.save(untyped, FOLDER / "untyped.pt")
    save_file(
        {key: value.to(torch.float64) for key, value in untyped.items()},
        FOLDER / "untyped.expected.safetensors",
        metadata=PROVENANCE,
    )

    # A module's state: an OrderedDict with `_metadata`, int64 counters, parameters.
    model = torch.nn.Sequential(torch.nn.Conv1d(2, 3, 3), torch.nn.BatchNorm1d(3), torch.nn.PReLU())
    model.half()
    attributed = torch.nn.Parameter(torch.randn(2))
    attributed.note = "a parameter with an attribute"
    noted = torch.randn(3)
    noted.note = "so has this tensor"
    training = {
        "epoch": 3,
        "global_step": 2**33,
        "pytorch-lightning_version": "2.1.0",
        "state_dict": model.state_dict(),
        "hyper_parameters": argparse.Namespace(
            rate=1e-3, name="tiny", output=pathlib.PosixPath("/runs/a"), sizes=(1, -2, 300, 70000)
        ),
        "callbacks": {"Callback{'mode': 'min'}": Callback()},
        "optimizer_states": [{"state": {0: {"step": torch.tensor(5.0)}}, "param_groups": []}],
        "klass": Callback,
        "segment": fractions.Fraction(39, 5),
        "numbers": {
            "double": numpy.float64(0.1),
            "single": numpy.float32(0.5),
            "long": numpy.int64(-(2**40)),
            "byte": numpy.uint8(200),
            "flag": numpy.bool_(True),
        },
        "version": torch.__version__,
        "set": {7},
        "bytes": b"\x00\xffab",
        "big": 2**100,
        "negative": -(2**40),
        "size": torch.Size([2, 3]),
        "device": torch.device("cpu"),
        "default": collections.defaultdict(list, {"a": [1]}),
        "text": "Gr\u00fc\u00dfe \U0001f3b5",
        "attributed": attributed,
        "noted": noted,
    }
    training["callbacks"]["itself"] = training["callbacks"]
    for name, new in (("lightning", True), ("lightning-legacy", False)):
        torch.save(training, FOLDER / f"{name}.ckpt", _use_new_zipfile_serialization=new)
        expect(name, {**model.state_dict(), "attributed": attributed, "noted": noted})

    save_file(
        {key: value.detach().contiguous().clone() for key, value in state.items()},
        FOLDER / "plain.safetensors",
        metadata={"format": "pt", "quoted": 'a "name"\n\u00fc'},
    )
    expect("plain", state)


main()
