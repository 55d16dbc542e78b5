# SPDX-License-Identifier: Apache-2.0
"""Writes a trained network as one safetensors file, and checks that the file separates as trained."""

import argparse
import json
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from exchange import CLASS, arguments, exchange_weights, padded, separate
from network import Network, Shape, features, spectra

NAME = "music-4stems"
DESTINATION = Path(__file__).resolve().parents[3] / "Sources/ModelLibrary/Resources" / f"{NAME}.safetensors"


def read(path: Path):
    """The weights and what the file says beside them."""
    with safe_open(path, "pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}, json.loads(file.metadata()["kwargs"])


def write(network: Network, path: Path):
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {
        "klass": CLASS, "args": "[]", "kwargs": json.dumps(arguments(network.shape)),
        "tessera.card": f"docs/models/{NAME}.md", "licence": "Apache-2.0",
    }  # fmt: skip
    save_file(exchange_weights(network), path, metadata=metadata)


def check(network: Network, path: Path) -> float:
    """The largest difference between the masked spectra of the network and those of the file's stems, as a share
    of the mixture's peak."""
    shape = network.shape
    torch.manual_seed(0)
    wave = 0.1 * torch.randn(2, 11 * shape.fft) * torch.linspace(0, 1, 11 * shape.fft)
    weights, described = read(path)
    with torch.no_grad():
        z = spectra(padded(wave, shape.fft), shape)[None]
        trained = network.separated(z, network(features(z, shape.exponent)))[0]
    stems = separate(weights, described, wave)
    # Sums of overlapping masked frames have other spectra than the frames had; the same way for both is compared.
    hop = shape.fft // 4
    window = torch.hann_window(shape.fft)
    frames = torch.fft.irfft(torch.nn.functional.pad(trained, (0, 0, 0, 1)), dim=2, norm="ortho") * window[:, None]
    summed, weight = torch.zeros(*frames.shape[:2], (frames.shape[-1] + 3) * hop), torch.zeros((frames.shape[-1] + 3) * hop)
    for index in range(frames.shape[-1]):
        place = slice(index * hop, index * hop + shape.fft)
        summed[..., place] += frames[..., index]
        weight[place] += window.square()
    inner = slice(4 * hop, 36 * hop)
    expected = (summed / weight.clamp(min=1e-3))[..., inner]
    start = hop // 2 * 3
    found = stems[..., inner.start - start : inner.stop - start]
    return float((expected - found).abs().max() / wave.abs().max())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path, help="last.pt of a training run")
    parser.add_argument("--out", type=Path, default=DESTINATION)
    options = parser.parse_args()
    saved = torch.load(options.trained, weights_only=True, map_location="cpu")
    network = Network(Shape(**saved["shape"]))
    network.load_state_dict(saved["network"])
    write(network, options.out)
    difference = check(network, options.out)
    # float16 rounds weights to three digits.
    assert difference < 5e-3, difference
    count = sum(value.numel() for value in read(options.out)[0].values())
    print(
        f"{options.out.name}: {count} parameters, {options.out.stat().st_size} bytes, {saved['step']} steps, "
        f"largest difference to the trained network {difference:.1e} of the peak"
    )


if __name__ == "__main__":
    main()
