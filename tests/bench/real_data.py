"""Fringewatch on real data, against what others made of it: the figures and pictures of docs/science/validation.md.

usage: real_data.py DATA OUT PICTURES      (needs numpy, rasterio, matplotlib, snaphu)
DATA holds mexico_city, appin_longwall, greece_2021 and morocco_quiet; OUT gets products and scores.json,
PICTURES gets real_velocity.png and real_pairs.png.
"""

import json
import resource
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import rasterio
import snaphu

PROGRAM = "build/release/bin/fringewatch"
CYCLE = 2 * np.pi
GREECE_SIZE, GREECE_RAD_PER_M = 801, 180.25


def cpu_seconds(work):
    """What `work` returns, and the processor time of the programs that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return answer, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fringewatch(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], check=True, capture_output=True, text=True)
    return done.stdout


def read(path, band=1):
    with rasterio.open(path) as raster:
        values = raster.read(band).astype(float)
        return np.where(values == raster.nodata, np.nan, values) if raster.nodata is not None else values


def write(path, values):
    with rasterio.open(path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1,
                       dtype="float32") as raster:
        raster.write(values.astype(np.float32), 1)
    return path


def compare(run, reference):
    """Run against reference, mm/yr, after the median difference, where both are known."""
    known = np.isfinite(run) & np.isfinite(reference)
    a, b = run[known], reference[known]
    offset = np.median(a - b)
    return {"correlation": np.corrcoef(a, b)[0, 1], "slope": np.polyfit(b, a, 1)[0], "offset_mm_yr": offset,
            "rmse_mm_yr": np.sqrt(np.mean((a - b - offset) ** 2)), "pixels": int(known.sum())}


def run_stack(out, *source):
    report = fringewatch("run", "--out", out, *source)
    sites = len(list((out / "sites").glob("*.h5")))
    return read(out / "velocity.tif"), {"sites": sites}, report


def mexico_city(data, out):
    folder = data / "mexico_city"
    velocity, scores, _ = run_stack(
        out / "mexico_city", "--source", folder, "--format", "geotiff", "--pattern",
        "cropA_{date1}-{date2}_VV_8rlks_eqa_unw.tif", "--coherence", "cropA_{date1}-{date2}_VV_8rlks_flat_eqa_cc.tif",
        "--dem", folder / "cropA_T005A_dem.tif", "--unwrapped", "--wavelength", "0.0555041577")
    reference = read(folder / "reference/linear_rate.tif")
    reference[reference == 0] = np.nan
    return velocity, reference, scores | compare(velocity, reference)


def appin(data, out):
    folder = data / "appin_longwall"
    velocity, scores, _ = run_stack(
        out / "appin", "--source", folder, "--format", "geotiff", "--pattern", "geo_{date1}-{date2}_unw.tif",
        "--unwrapped", "--wavelength", "0.0562356424")
    reference = -np.genfromtxt(folder / "reference/stackmap.csv", delimiter=",")  # motion away is positive there
    return velocity, reference[: velocity.shape[0], : velocity.shape[1]], scores | compare(velocity, reference)


def greece(data, out):
    def plane(name):
        return np.fromfile(data / "greece_2021" / name, "<f4").reshape(GREECE_SIZE, GREECE_SIZE)[::-1].astype(float)

    wrapped, producer = plane("greece.diff"), plane("greece.unw") * GREECE_RAD_PER_M
    wrapped[wrapped == 0] = np.nan
    source = write(out / "greece_wrapped.tif", wrapped)
    target = out / "greece_unwrapped.tif"
    _, ours_s = cpu_seconds(lambda: fringewatch("unwrap", "--phase", source, "--out", target))
    ours = read(target)

    def ask_snaphu():
        known = np.isfinite(wrapped)
        signal = np.where(known, np.exp(1j * wrapped), 0).astype(np.complex64)
        with tempfile.TemporaryDirectory() as scratch:
            return snaphu.unwrap(signal, known.astype(np.float32) * 0.8, nlooks=10.0, cost="smooth", init="mcf",
                                 mask=known, scratchdir=scratch)[0]

    theirs, snaphu_s = cpu_seconds(ask_snaphu)

    def cycles_apart(answer):
        apart = np.where(np.isfinite(wrapped), answer - producer, np.nan)
        return np.rint((apart - np.nanmedian(apart)) / CYCLE)

    def on_cycle(answer):
        cycles = cycles_apart(answer)
        return float(np.mean(cycles[np.isfinite(cycles)] == 0))

    return (wrapped, ours, cycles_apart(ours)), {
        "on_the_producers_cycle": on_cycle(ours), "pixels": int(np.isfinite(cycles_apart(ours)).sum()),
        "cpu_s": ours_s, "snaphu_on_the_producers_cycle": on_cycle(theirs), "snaphu_cpu_s": snaphu_s,
        "disputed": float(np.nanmean(np.abs(read(target, 6)) > 0))}


def morocco(data, out):
    folder, sites = data / "morocco_quiet", {}
    for threshold in (0.5, 0.3):
        text = fringewatch("detect", "--phase", folder / "phi_vv.tif", "--coherence", folder / "coh_vv.tif", "--threshold",
                           threshold, "--out", out / "morocco")
        sites[f"sites_at_{threshold}"] = int(text.split()[0])
    rasters = read(folder / "phi_vv.tif"), read(folder / "coh_vv.tif"), read(out / "morocco/probability.tif")
    return rasters, sites


def draw(panel, values, title, limits, colours):
    picture = panel.imshow(values, cmap=colours, vmin=limits[0], vmax=limits[1], interpolation="nearest")
    panel.set_title(title, fontsize=9)
    panel.set_xticks([])
    panel.set_yticks([])
    plt.colorbar(picture, ax=panel, shrink=0.8).ax.tick_params(labelsize=8)


def draw_velocities(path, stacks):
    figure, panels = plt.subplots(len(stacks), 2, figsize=(7, 3 * len(stacks)))
    for row, (name, limit, run, reference, offset) in zip(panels, stacks):
        for panel, values, who in zip(row, (reference, run - offset), ("reference", "run, at its zero")):
            draw(panel, values, f"{name}, {who}, mm/yr", (-limit, limit), "RdBu")
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def draw_pairs(path, greece_rasters, morocco_rasters):
    figure, panels = plt.subplots(2, 3, figsize=(9, 5.5))
    for panel, values, title, limits, colours in (
            (panels[0][0], greece_rasters[0], "Thessaly 2021, wrapped phase", (-np.pi, np.pi), "twilight"),
            (panels[0][1], greece_rasters[1], "unwrapped, rad", (-70, 70), "RdBu_r"),
            (panels[0][2], greece_rasters[2], "less the producer's, cycles", (-2, 2), "RdBu_r"),
            (panels[1][0], morocco_rasters[0], "Morocco, 12 days of air", (-np.pi, np.pi), "twilight"),
            (panels[1][1], morocco_rasters[1], "coherence", (0, 1), "gray"),
            (panels[1][2], morocco_rasters[2], "probability of motion", (0, 1), "viridis")):
        draw(panel, values, title, limits, colours)
    figure.tight_layout()
    figure.savefig(path, dpi=100)


def main():
    warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
    data, out, pictures = map(Path, sys.argv[1:4])
    out.mkdir(parents=True, exist_ok=True)
    mexico_velocity, mexico_reference, mexico_scores = mexico_city(data, out)
    appin_velocity, appin_reference, appin_scores = appin(data, out)
    greece_rasters, greece_scores = greece(data, out)
    morocco_rasters, morocco_scores = morocco(data, out)
    scores = {"mexico_city": mexico_scores, "appin": appin_scores, "greece": greece_scores, "morocco": morocco_scores}
    (out / "scores.json").write_text(json.dumps(scores, indent=1))
    print(json.dumps(scores, indent=1))
    draw_velocities(pictures / "real_velocity.png", (
        ("Appin", 20, appin_velocity, appin_reference, appin_scores["offset_mm_yr"]),
        ("Mexico City", 180, mexico_velocity, mexico_reference, mexico_scores["offset_mm_yr"])))
    draw_pairs(pictures / "real_pairs.png", greece_rasters, morocco_rasters)


if __name__ == "__main__":
    main()
