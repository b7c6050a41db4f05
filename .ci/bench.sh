#!/usr/bin/env bash
# The figures of docs/benchmarks.md: frames from seeds that no network was trained on, each simulated, run and scored.
#   .ci/bench.sh [SEED...]    default: five frames
set -euo pipefail
cd "$(dirname "$0")/.."
fringewatch=build/release/bin/fringewatch
out=out/bench
seeds=("$@")
[[ ${#seeds[@]} -gt 0 ]] || seeds=(9001 9002 9003 9004 9005)
pixel_m=(20 25 30 35 40)  # in turn

mkdir -p "$out"
for i in "${!seeds[@]}"; do
  seed=${seeds[$i]}
  frame=$out/$seed
  rm -rf "$frame"
  "$fringewatch" simulate --out "$frame/source" --seed "$seed" --rows 2048 --cols 2048 --sites 25 \
    --pixel-size "${pixel_m[$((i % ${#pixel_m[@]}))]}" --radius-min 150 --radius-max 800 --rate-min 0.13 --rate-max 2.5 \
    --coherence-min 0.35 --coherence-max 0.9
  start=$(date +%s)
  "$fringewatch" run --source "$frame/source" --out "$frame/run"
  echo "seed $seed: run took $(($(date +%s) - start)) s"
  "$fringewatch" evaluate --run "$frame/run" --truth "$frame/source/truth"
  "$fringewatch" evaluate --run "$frame/run" --truth "$frame/source/truth" --json >"$out/$seed.json"
  rm -rf "$frame/source" "$frame/run/artifacts"
done
build/release/bin/fringewatch bench invert | tee "$out/invert.json"
echo "scores: $out/<seed>.json"
