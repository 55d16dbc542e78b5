# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as one safetensors file, and checks that the file separates as trained.

The filterbanks stay in float32, as their gains are small; all between them becomes float16.
"""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from checkpoint import configuration, exchange_weights, separate
from network import Network, Shape

HERE = Path(__file__).resolve().parent
NAME = "speech-noise-16k"
DESTINATION = HERE.parents[2] / "Sources/ModelLibrary/Resources" / f"{NAME}.safetensors"


def read(path: Path):
    """The weights and the configuration of an exported file."""
    with safe_open(path, "pt") as file:
        described = json.loads(file.metadata()["tessera.configuration"])
        return {key: file.get_tensor(key).float() for key in file.keys()}, described


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path, help="last.pt of a training run")
    parser.add_argument("--out", type=Path, default=DESTINATION)
    arguments = parser.parse_args()
    network = Network(Shape())
    network.load_state_dict(torch.load(arguments.trained, weights_only=True)["network"])
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    metadata = {
        "tessera.model": "conv-tasnet",
        "tessera.configuration": json.dumps(configuration(network.shape)),
        "tessera.card": f"docs/models/{NAME}.md",
        "licence": "Apache-2.0",
    }
    exchanged = {
        key: value if "filterbank" in key else value.half()
        for key, value in exchange_weights(network).items()
    }
    assert all(value.isfinite().all() for value in exchanged.values())
    save_file(exchanged, arguments.out, metadata=metadata)
    arguments.out.chmod(0o644)

    torch.manual_seed(0)
    wave = 0.1 * torch.randn(20_011) * torch.linspace(0, 1, 20_011)
    weights, described = read(arguments.out)
    with torch.no_grad():
        trained, written = network(wave[None])[0], separate(weights, described, wave)
        exact = (separate(exchange_weights(network), described, wave) - trained).abs().max()
        rounding = ((written - trained).square().mean() / trained.square().mean()).sqrt()
    assert exact < 1e-5 and rounding < 5e-3, (exact, rounding)
    count = sum(value.numel() for value in weights.values())
    print(
        f"{arguments.out.name}: {count} parameters, {arguments.out.stat().st_size} bytes, "
        f"float16 changes the stems by {rounding:.1e}"
    )


if __name__ == "__main__":
    main()
