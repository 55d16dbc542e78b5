#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the goldens of DemucsTests for Demucs' third generation: tiny seeded networks, built and run by
the project that defines them, on synthesised sound.

Needs what Tools/Goldens/requirements.txt names, dora-search, einops, julius, omegaconf, openunmix and
tqdm, and a checkout of facebookresearch/demucs at v4.0.1:

    python Tools/Goldens/demucs_hybrid.py --demucs DIR
"""

import argparse
import pathlib
import sys

import torch
from safetensors.torch import save_file

from demucs import SEED, TESTS, separated, signal

SOURCES = ["drums", "rest"]
HYBRID = dict(
    channels=2, nfft=256, depth=4, norm_starts=2, dconv_lstm=2, dconv_attn=2, dconv_comp=2,
    segment=0.075, samplerate=8000,
)
CASES = {
    "hybrid": ("HDemucs", HYBRID),
    "magnitudes": (
        "HDemucs",
        HYBRID | dict(cac=False, hybrid_old=True, norm_starts=99, dconv_lstm=99, dconv_attn=3),
    ),
    "bands": (
        "HDemucs",
        HYBRID | dict(
            multi_freqs=[0.1, 0.3], multi_freqs_depth=1, norm_starts=99, dconv_mode=3,
            dconv_lstm=99, dconv_attn=99, dconv_depth=1, channels_time=3,
        ),
    ),
    "time": (
        "Demucs",
        dict(
            channels=4, depth=3, norm_starts=1, dconv_mode=3, dconv_lstm=1, dconv_attn=2,
            dconv_comp=4, dconv_depth=1, segment=0.075, samplerate=8000,
        ),
    ),
    "plain": (
        "Demucs",
        dict(
            channels=4, depth=3, rewrite=False, resample=False, norm_starts=99, dconv_lstm=99,
            dconv_attn=99, lstm_layers=1, segment=0.075, samplerate=8000,
        ),
    ),
}
RENAMED = {
    "encoder": "freq_encoder", "tencoder": "time_encoder", "decoder": "freq_decoder",
    "tdecoder": "time_decoder",
}


def randomised(model: torch.nn.Module) -> torch.nn.Module:
    """Weights that no initialisation makes vanish: residual branches and norms count."""
    generator = torch.Generator().manual_seed(SEED)
    for name, parameter in model.named_parameters():
        noise = torch.rand(parameter.shape, generator=generator)
        if name.endswith(".scale"):
            parameter.data = 0.3 + 0.7 * noise
        elif parameter.dim() == 1:
            parameter.data += 0.2 * (noise - 0.5)
        else:
            parameter.data *= 1.5 + noise
    return model.eval()


def save(content, path: pathlib.Path) -> None:
    """In the older container: the newer one's hundreds of entries are larger than these tensors."""
    torch.save(content, path, _use_new_zipfile_serialization=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demucs", type=pathlib.Path, required=True, help="a checkout at v4.0.1")
    # The script beside this one has the package's name.
    sys.modules.pop("demucs")
    sys.path.insert(0, str(parser.parse_args().demucs))
    from demucs.apply import apply_model
    from demucs.demucs import Demucs
    from demucs.hdemucs import HDemucs

    mixture = signal(1403)
    for name, (kind, arguments) in CASES.items():
        torch.manual_seed(SEED)
        kind = {"HDemucs": HDemucs, "Demucs": Demucs}[kind]
        model = randomised(kind(SOURCES, **arguments))
        state = {key: value.half() for key, value in model.state_dict().items()}
        model.load_state_dict({key: value.float() for key, value in state.items()})
        folder = TESTS / "DemucsTests/Goldens" / name
        folder.mkdir(parents=True, exist_ok=True)
        package = {
            "klass": kind, "args": (), "kwargs": {"sources": SOURCES, **arguments}, "state": state,
        }
        save(package, folder / "model.th")
        if name == "hybrid":
            bare = {
                ".".join([RENAMED.get(head := key.split(".")[0], head)] + key.split(".")[1:]): value
                for key, value in state.items()
            }
            save(bare, folder / "renamed.pt")
        with torch.no_grad():
            tensors = {
                "input": mixture.T.contiguous(),
                "separated": separated(
                    lambda *a, **b: apply_model(a[0], a[1][None], **b)[0], model, mixture,
                    shifts=0, split=True, overlap=0.25,
                ),
            }
            # 70 samples are fewer than are mirrored; fewer frames than two have no norm in PyTorch.
            for samples in (503, 70):
                tensors[f"forward{samples}"] = (
                    model(mixture[None, :, :samples])[0].movedim(1, 2).contiguous()
                )
        save_file(
            tensors, folder / "expected.safetensors",
            {
                "script": "Tools/Goldens/demucs_hybrid.py", "seed": str(SEED),
                "torch": torch.__version__, "reference": "facebookresearch/demucs v4.0.1",
            },
        )


if __name__ == "__main__":
    main()
