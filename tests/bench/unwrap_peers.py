"""The table of unwrapping of docs/benchmarks.md: other programs on the patches of unwrap_bench, all answers scored alike.

usage: unwrap_peers.py FOLDER        (needs numpy, snaphu, scikit-image, whirlwind-insar)
writes FOLDER/scores.json and FOLDER/scores.md

RMSE in rad against the truth without noise, after the median difference on the outer ring (8 pixels, outside the bowl)
is taken off: over the whole patch, and over the footprint of the bowl (above 5 % of its peak). Means over the patches.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.restoration
import snaphu
import whirlwind

LOOKS = 10.0
RING_PX = 8


def wrap(phase):
    return np.angle(np.exp(1j * phase))


def goldstein(phase, alpha=0.7, window_px=32):
    """Goldstein and Werner (1998): the spectrum of each window weighted by a power of its own smoothed magnitude;
    windows overlap by three quarters under a triangular taper."""
    step_px = window_px // 4
    padded = np.pad(np.exp(1j * phase), window_px, mode="reflect")
    ramp = 1.0 - np.abs(np.arange(window_px) - (window_px - 1) / 2) / (window_px / 2)
    taper = np.outer(ramp, ramp)
    total = np.zeros_like(padded)
    for r in range(0, padded.shape[0] - window_px + 1, step_px):
        for c in range(0, padded.shape[1] - window_px + 1, step_px):
            spectrum = np.fft.fft2(padded[r : r + window_px, c : c + window_px])
            magnitude = np.abs(spectrum)
            smooth = sum(np.roll(magnitude, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)) / 9.0
            total[r : r + window_px, c : c + window_px] += taper * np.fft.ifft2(spectrum * smooth**alpha)
    return np.angle(total[window_px:-window_px, window_px:-window_px])


def run_snaphu(phase, coherence):
    with tempfile.TemporaryDirectory() as scratch:
        unwrapped, _ = snaphu.unwrap(
            np.exp(1j * phase).astype(np.complex64), coherence.astype(np.float32), nlooks=LOOKS, cost="smooth",
            init="mcf", scratchdir=scratch)
    return unwrapped


OURS = {"Fringewatch": "fringewatch", "Fringewatch, congruent": "fringewatch_congruent", "PUNet alone": "punet"}
def run_whirlwind(phase, coherence):
    return whirlwind.unwrap(np.exp(1j * phase).astype(np.complex64), coherence.astype(np.float32), LOOKS)[0]


PEERS = {
    "SNAPHU": run_snaphu,
    "Goldstein, SNAPHU": lambda phase, coherence: run_snaphu(goldstein(phase), coherence),
    "Whirlwind": run_whirlwind,
    "scikit-image": lambda phase, _: skimage.restoration.unwrap_phase(phase, rng=1),
}


def without_offset(answer, truth, footprint):
    """Error after the median over the outer ring, outside the bowl, is taken off."""
    ring = np.ones(truth.shape, bool)
    ring[RING_PX:-RING_PX, RING_PX:-RING_PX] = False
    ring &= footprint < 0.5
    error = answer - truth
    return error - np.median(error[ring] if ring.any() else error)


def rmse(answer, truth, footprint):
    """(whole patch, footprint)"""
    error = without_offset(answer, truth, footprint)
    return np.sqrt(np.mean(error**2)), np.sqrt(np.mean(error[footprint > 0.5] ** 2))


def relative_rate(answer, truth, footprint):
    """Motion of the bowl's fastest 2 % against the truth: 1 is right."""
    inside = footprint > 0.5
    moved = np.abs(truth - np.median(truth[~inside]))
    fastest = inside & (moved >= np.quantile(moved[inside], 0.98))
    error = without_offset(answer, truth, footprint)
    return 1.0 + np.median(error[fastest] / (truth - np.median(truth[~inside]))[fastest])


def load(folder, name, size_px):
    return np.fromfile(folder / name, np.float32).reshape(-1, size_px, size_px)


def answers_of(cell, size_px):
    """What each program makes of the patches of a cell, and CPU seconds per patch."""
    folder = Path(cell["folder"])
    phase, coherence = load(folder, "phase", size_px), load(folder, "coherence", size_px)
    answers = {name: load(folder, file, size_px) for name, file in OURS.items()}
    seconds = {"Fringewatch": cell["cpu_s_per_patch"]["fringewatch"], "PUNet alone": cell["cpu_s_per_patch"]["punet"]}
    for name, solve in PEERS.items():
        start = sum(os.times()[:4])  # children included: SNAPHU is a program of its own
        answers[name] = np.stack([solve(p, c) for p, c in zip(phase, coherence)])
        seconds[name] = (sum(os.times()[:4]) - start) / len(phase)
    return answers, seconds


def score_cell(cell, size_px):
    truth, footprint = (load(Path(cell["folder"]), name, size_px) for name in ("truth", "footprint"))
    answers, seconds = answers_of(cell, size_px)
    scores = {}
    for name, answer in answers.items():
        whole, bowl = np.transpose([rmse(*patch) for patch in zip(answer, truth, footprint)])
        rate = [relative_rate(*patch) for patch in zip(answer, truth, footprint)]
        scores[name] = {"patch_rad": float(whole.mean()), "footprint_rad": float(bowl.mean()),
                        "footprint_median_rad": float(np.median(bowl)), "relative_rate": float(np.mean(rate)),
                        "cpu_s_per_patch": seconds.get(name)}
    return scores


def table(title, cells, column, key):
    """One Markdown table: a row per program, a column per cell."""
    head = " | ".join(f"{c[column]:g}" for c in cells)
    lines = [f"### {title}", "", f"| | {head} |", "|---|" + "---|" * len(cells)]
    for name in cells[0]["scores"]:
        lines.append(f"| {name} | " + " | ".join(f"{c['scores'][name][key]:.3f}" for c in cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    root = Path(sys.argv[1])
    description = json.loads((root / "cells.json").read_text())
    for cell in description["cells"] + description["linearity"]:
        start = time.time()
        cell["scores"] = score_cell(cell, description["size_px"])
        print(f"{cell['folder']}: {time.time() - start:.0f} s", file=sys.stderr)
    (root / "scores.json").write_text(json.dumps(description, indent=1))
    with open(root / "scores.md", "w", encoding="utf-8") as report:
        for coherence in sorted({c["coherence"] for c in description["cells"]}, reverse=True):
            cells = [c for c in description["cells"] if c["coherence"] == coherence]
            for key, where in (("patch_rad", "whole patch"), ("footprint_rad", "footprint")):
                title = f"RMSE [rad], {where}, coherence {coherence:g}, by largest step [rad/px]"
                report.write(table(title, cells, "gradient_rad_per_px", key) + "\n")
        title = "Rate of the same bowls from pairs of so many days, true rate = 1"
        report.write(table(title, description["linearity"], "span_days", "relative_rate"))


if __name__ == "__main__":
    main()
