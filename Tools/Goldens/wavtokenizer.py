#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of WavTokenizerTests: a tiny seeded network, built and run by the project that
defines it, on synthesised sound.

Needs what Tools/Goldens/requirements.txt names and a checkout of jishengpeng/WavTokenizer:

    python Tools/Goldens/wavtokenizer.py --wavtokenizer DIR
"""

import argparse
import math
import pathlib
import sys

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests/WavTokenizerTests/Goldens"
SEED = 53
RATIOS = [3, 5, 2]
LENGTHS = [1, 2, 3, 4, 11, 29, 30, 31, 59, 60, 61, 150, 151, 701, 2003]


def signal(samples: int) -> torch.Tensor:
    """A chirp and noise."""
    generator = torch.Generator().manual_seed(SEED)
    axis = torch.arange(samples) / 24000
    chirp = torch.sin(2 * math.pi * (300 + 20000 * axis) * axis)
    return 0.6 * chirp + 0.2 * torch.randn(samples, generator=generator)


def build():
    """The reference's modules at toy size, under the names of its checkpoints."""
    from decoder.heads import ISTFTHead
    from decoder.models import VocosBackbone
    from encoder.modules import SEANetEncoder
    from encoder.quantization import ResidualVectorQuantizer

    hop = math.prod(RATIOS)
    modules = torch.nn.ModuleDict({
        "feature_extractor": torch.nn.ModuleDict({
            "encodec": torch.nn.ModuleDict({
                "encoder": SEANetEncoder(
                    causal=False, n_residual_layers=1, norm="weight_norm", pad_mode="reflect", lstm=2,
                    dimension=12, channels=1, n_filters=2, ratios=RATIOS, activation="ELU",
                    kernel_size=7, residual_kernel_size=3, last_kernel_size=7, dilation_base=2,
                    true_skip=False, compress=2,
                ),
                "quantizer": ResidualVectorQuantizer(dimension=12, n_q=1, bins=40, kmeans_init=True),
            })
        }),
        "backbone": VocosBackbone(12, 32, 40, 2, adanorm_num_embeddings=3),
        "head": ISTFTHead(32, 4 * hop, hop, padding="same"),
    })
    for parameter in modules.parameters():
        parameter.data += 0.15 * torch.randn(parameter.shape)
    backbone = modules["backbone"]
    # So quiet that what norms add to a variance counts: in front of the first group norm, and of
    # the norm within frames.
    for quiet in (backbone.embed, backbone.pos_net[5]):
        for parameter in quiet.parameters():
            parameter.data *= 1e-3
    for parameter in modules.parameters():
        parameter.data = parameter.data.half().float()
    return modules.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wavtokenizer", type=pathlib.Path, required=True, help="a checkout")
    sys.path.insert(0, str(parser.parse_args().wavtokenizer))
    torch.manual_seed(SEED)
    modules = build()
    codec = modules["feature_extractor"]["encodec"]
    codebook = codec["quantizer"].vq.layers[0]._codebook
    wave = signal(max(LENGTHS))
    tensors = {"input": wave}
    with torch.no_grad():
        frames = codec["encoder"](wave[None, None])[0].T
        # Codes among the embeddings: many are in use, and few choices are close.
        rows = torch.linspace(0, frames.shape[0] - 1, 40).long()
        spread = (frames - frames.mean(0)).std(0)
        codebook.embed.data.copy_((frames[rows] + 0.3 * spread * torch.randn(40, 12)).half().float())
        codebook.inited.data.fill_(1)
        for length in LENGTHS:
            embedding = codec["encoder"](wave[None, None, :length])
            tensors[f"tokens{length}"] = codec["quantizer"].vq.encode(embedding)[0, 0].to(torch.int32)
            tensors[f"embeddings{length}"] = embedding[0].T.contiguous()
        for identifier in range(3):
            for length in (151, 2003):
                features = codebook.embed[tensors[f"tokens{length}"].long()].T[None]
                hidden = modules["backbone"](features, bandwidth_id=torch.tensor([identifier]))
                tensors[f"waveform{length}.{identifier}"] = modules["head"](hidden)[0]
    FOLDER.mkdir(parents=True, exist_ok=True)
    metadata = {
        "script": "Tools/Goldens/wavtokenizer.py", "seed": str(SEED), "torch": torch.__version__,
        "reference": "jishengpeng/WavTokenizer 5cf440d",
    }
    save_file(
        {key: value.contiguous() for key, value in tensors.items()}, FOLDER / "expected.safetensors",
        metadata)
    state = {key: value.half() if value.is_floating_point() else value
             for key, value in modules.state_dict().items() if not key.endswith("istft.window")}
    # What training leaves in a checkpoint besides.
    state["multiperioddisc.discriminators.0.weight"] = torch.ones(2)
    state["feature_extractor.encodec.decoder.model.0.conv.conv.bias"] = torch.ones(2)
    torch.save({"epoch": 3, "state_dict": state, "optimizer_states": [{}]}, FOLDER / "model.ckpt")


if __name__ == "__main__":
    main()
