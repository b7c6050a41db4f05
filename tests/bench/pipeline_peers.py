"""What other programs need for a whole frame: every pair unwrapped, every pixel inverted. Prints JSON.

usage: pipeline_peers.py SOURCE [PAIRS]    SOURCE: a frame of `fringewatch simulate` (LiCSAR layout)
needs numpy, rasterio, snaphu, whirlwind-insar, mintpy

Unwraps PAIRS pairs (default 3) with SNAPHU and Whirlwind and inverts some pixels with MintPy's weighted least squares, in
one process on one core; CPU seconds of all pairs and pixels are extrapolated from these.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
import snaphu
import whirlwind
from mintpy.ifgram_inversion import estimate_timeseries

LOOKS = 10.0
MINTPY_PIXELS = 3000


def cpu_seconds():
    return sum(os.times()[:4])  # children included: SNAPHU is a program of its own


def read(path):
    with rasterio.open(path) as file:
        return file.read(1)


def load(folder):
    """(complex interferogram, coherence) of a pair."""
    key = folder.name
    phase = read(folder / f"{key}.geo.diff_pha.tif")
    coherence = read(folder / f"{key}.geo.cc.tif").astype(np.float32)
    coherence = np.clip(np.nan_to_num(coherence / (255.0 if coherence.max() > 1.5 else 1.0)), 0.0, 1.0)
    signal = np.exp(1j * np.nan_to_num(phase)).astype(np.complex64)
    signal[~np.isfinite(phase) | (phase == 0)] = 0
    return signal, coherence


def run_snaphu(signal, coherence):
    with tempfile.TemporaryDirectory() as scratch:
        snaphu.unwrap(signal, coherence, nlooks=LOOKS, cost="smooth", init="mcf", mask=signal != 0, scratchdir=scratch)


def run_whirlwind(signal, coherence):
    whirlwind.unwrap(signal, coherence, LOOKS, mask=signal != 0)


def mintpy_pixels_per_cpu_s(dates, pairs):
    """Inversion with weights, pixel by pixel, of a network of the shortest spans between dates 12 days apart."""
    edges = [(i, i + span) for span in range(1, dates) for i in range(dates - span)][:pairs]
    design = np.zeros((len(edges), dates), np.float32)
    for row, (first, second) in enumerate(edges):
        design[row, first], design[row, second] = -1, 1
    days = np.full((dates - 1, 1), 12 / 365.25, np.float32)
    velocity_design = np.zeros((len(edges), dates - 1), np.float32)
    for row, (first, second) in enumerate(edges):
        velocity_design[row, first:second] = 12 / 365.25
    random = np.random.default_rng(1)
    pixels = max(100, MINTPY_PIXELS * 30 // pairs)
    phase = random.standard_normal((len(edges), pixels)).astype(np.float32)
    root_weight = random.uniform(0.5, 3.0, phase.shape).astype(np.float32)
    start = cpu_seconds()
    for i in range(pixels):
        estimate_timeseries(design[:, 1:], velocity_design, phase[:, i : i + 1], days, weight_sqrt=root_weight[:, i : i + 1],
                            print_msg=False)
    return pixels / (cpu_seconds() - start)


def main():
    folders = sorted(f for f in (Path(sys.argv[1]) / "interferograms").iterdir() if f.is_dir())
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    whirlwind.set_num_threads(1)
    report = {"pairs": len(folders), "unwrapped": count}
    chosen = [load(f) for f in folders[:: max(1, len(folders) // count)][:count]]
    pixels = chosen[0][0].size
    for name, solve in {"snaphu": run_snaphu, "whirlwind": run_whirlwind}.items():
        start = cpu_seconds()
        for signal, coherence in chosen:
            solve(signal, coherence)
        report[f"{name}_cpu_s_per_pair"] = (cpu_seconds() - start) / count
        report[f"{name}_cpu_s_per_Mpx"] = report[f"{name}_cpu_s_per_pair"] / (1e-6 * pixels)
    report["mintpy_pixels_per_cpu_s"] = {str(n): mintpy_pixels_per_cpu_s(d, n) for d, n in ((10, 30), (28, 100), (78, 300))}
    inversion = pixels / report["mintpy_pixels_per_cpu_s"]["30"]
    report["mintpy_cpu_s"] = inversion
    for name in ("snaphu", "whirlwind"):
        report[f"{name}_and_mintpy_cpu_s"] = report[f"{name}_cpu_s_per_pair"] * len(folders) + inversion
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
