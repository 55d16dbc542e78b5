# SPDX-License-Identifier: Apache-2.0
"""Writes Tests/EvaluationTests/Goldens/bsseval.safetensors, museval's scores of synthesised sounds, and
museval-track.json beside it, a track's scores as museval writes them.

The sounds are not stored: the tests synthesise them by the same formulas. Run from the package's
root, with museval installed.
"""

import os
import sys
import types
from importlib.metadata import version

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from safetensors.numpy import save_file

# museval reads music through musdb, which insists on ffmpeg; arrays need neither.
sys.modules["musdb"] = types.ModuleType("musdb")
from museval.aggregate import TrackStore  # noqa: E402
from museval.metrics import bss_eval  # noqa: E402


def noise(count, state):
    """Knuth and Lewis' linear congruential generator, from -1 to 1."""
    result = np.empty(count)
    for index in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        result[index] = state / 2**31 - 1
    return result, state


def sounds(seed, sources, channels, frames):
    """References of coloured noise, one colour a source, and what estimates are made of besides."""
    references = np.empty((sources, frames, channels))
    state = seed
    for source, pole in zip(range(sources), (0.9, -0.5, 0.3)):
        fresh, state = noise(frames * channels, state)
        last = np.zeros(channels)
        for frame, sample in enumerate(0.1 * fresh.reshape(frames, channels)):
            last = sample + pole * last
            references[source, frame] = last
    fresh, _ = noise(references.size, state)
    return references, fresh.reshape(references.shape)


def finished(references, fresh, own, mixed):
    """References and estimates, in single precision, as the tests have them."""
    estimates = own * references + mixed * references.sum(axis=0) + 0.02 * fresh
    return (references.astype(np.float32).astype(float),
            estimates.astype(np.float32).astype(float))


def score(references, estimates, window, hop, framewise=False, sources=False):
    sdr, isr, sir, sar, _ = bss_eval(
        references.copy(), estimates.copy(), compute_permutation=False, filters_len=512,
        framewise_filters=framewise, bsseval_sources_version=sources, window=window, hop=hop)
    return np.stack([sdr, isr, sir, sar])


def track_document(references, estimates):
    """Two sources as vocals and accompaniment, the references as musdb's 16-bit files have them."""
    references = np.round(references * 32768) / 32768
    sdr, isr, sir, sar = score(references, estimates, 8000, 8000)
    store = TrackStore("track", win=1.0, hop=1.0)
    for index, name in enumerate(["vocals", "accompaniment"]):
        store.add_target(name, {
            "SDR": sdr[index].tolist(), "SIR": sir[index].tolist(), "ISR": isr[index].tolist(),
            "SAR": sar[index].tolist()})
    return store.json


def main():
    out = {}
    references, fresh = sounds(12345, 2, 2, 24500)
    references[0, 8000:16000] = 0
    stereo = finished(references, fresh, 0.8, 0.1)
    out["stereo"] = score(*stereo, 8000, 8000)
    out["stereo.overlapping"] = score(*stereo, 8000, 4000)
    out["stereo.whole"] = score(*stereo, np.inf, np.inf)
    cut = stereo[1].copy()
    cut[:, -100:] = 0
    out["stereo.cut"] = score(stereo[0], cut, 8000, 8000)
    out["stereo.v3"] = score(*stereo, 8000, 8000, framewise=True)
    with open("Tests/EvaluationTests/Goldens/museval-track.json", "w") as file:
        file.write(track_document(*stereo))
    out["one"] = score(stereo[0][1:], stereo[1][1:], 8000, 8000)

    references, fresh = sounds(777, 3, 1, 20000)
    mono = finished(references, fresh, 0.9, 0.2)
    out["mono"] = score(*mono, np.inf, np.inf)
    out["mono.sources"] = score(*mono, np.inf, np.inf, framewise=True, sources=True)

    # Both channels of the first source alike: a system that has no unique solution.
    references, fresh = sounds(99, 2, 2, 20000)
    references[0, :, 1] = references[0, :, 0]
    out["twins"] = score(*finished(references, fresh, 0.9, 0.1), 8000, 8000)
    save_file(
        out, "Tests/EvaluationTests/Goldens/bsseval.safetensors",
        metadata={
            "script": "Tools/Goldens/bsseval.py",
            "seed": "12345, 777, 99",
            **{name: version(name) for name in ("museval", "numpy", "scipy")},
        })


main()
