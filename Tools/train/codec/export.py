# SPDX-License-Identifier: Apache-2.0
"""Writes a trained codec as one safetensors file, in float16, and checks that the file does what was trained."""

import argparse
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from network import Codec, Shape, load_tensors, tensors

NAME = "speech-codec-24k"
DESTINATION = Path(__file__).resolve().parents[3] / "Sources/ModelLibrary/Resources" / f"{NAME}.safetensors"


def read(path: Path) -> Codec:
    """The codec in an exported file."""
    codec = Codec(Shape())
    with safe_open(path, "pt") as file:
        load_tensors(codec, {key: file.get_tensor(key) for key in file.keys()})
    return codec.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path, help="last.pt of a training run")
    parser.add_argument("--out", type=Path, default=DESTINATION)
    arguments = parser.parse_args()
    codec = Codec(Shape()).eval()
    state = torch.load(arguments.trained, weights_only=True)
    if not state["quantises"]:
        raise SystemExit(f"{arguments.trained}: has no codebook yet; train longer")
    codec.load_state_dict(state["average"])
    metadata = {
        "tessera.model": "wavtokenizer",
        "tessera.card": f"docs/models/{NAME}.md",
        "licence": "Apache-2.0",
    }
    halves = {key: value.half() for key, value in tensors(codec).items()}
    assert all(value.isfinite().all() for value in halves.values())
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(halves, arguments.out, metadata=metadata)
    arguments.out.chmod(0o644)

    torch.manual_seed(0)
    wave = 0.1 * torch.randn(1, 200 * codec.shape.hop) * torch.linspace(0, 1, 200 * codec.shape.hop)
    written = read(arguments.out)
    with torch.no_grad():
        frames = codec.encoded(wave)
        tokens = codec.codebook.tokens(frames)
        same = (tokens == written.codebook.tokens(written.encoded(wave))).float().mean().item()
        whole, rounded = (
            part.decoded(part.codebook.embed[tokens]) for part in (codec, written)
        )
    difference = ((whole - rounded).square().mean() / whole.square().mean()).sqrt().item()
    assert same > 0.95 and difference < 0.05, (same, difference)
    count = sum(value.numel() for value in halves.values())
    print(
        f"{arguments.out.name}: {count} numbers, {arguments.out.stat().st_size} bytes; in float16 "
        f"{100 * same:.1f} % of the tokens are the same, and the sound differs by {difference:.1e}"
    )


if __name__ == "__main__":
    main()
