#!/usr/bin/env bash
# The whole job against unwrapping and inverting everything with other programs, in one run: the figures of
# docs/benchmarks.md.
#   .ci/bench_pipeline.sh [SIZE [SEED]]    default: 2048 pixels, seed 9201; 30 pairs, 20 sites
# The peers are installed into out/bench/pipeline_peers.
set -euo pipefail
cd "$(dirname "$0")/.."
size=${1:-2048} seed=${2:-9201}
out=out/bench/pipeline peers=out/bench/pipeline_peers fringewatch=build/release/bin/fringewatch
rm -rf "$out" && mkdir -p "$out"
"$fringewatch" simulate --out "$out/source" --seed "$seed" --rows "$size" --cols "$size" --sites 20 \
  --coherence-min 0.35 --coherence-max 0.9 2>/dev/null
TIMEFORMAT='{"wall_s": %R, "user_s": %U, "system_s": %S}'
{ time "$fringewatch" run --source "$out/source" --out "$out/run" >"$out/run.log" 2>&1; } 2>"$out/ours.json"
if [[ ! -x $peers/bin/python ]] || ! "$peers/bin/python" -c 'import snaphu, whirlwind, mintpy, rasterio' 2>/dev/null; then
  python3 -m venv "$peers"
  "$peers/bin/pip" install --quiet numpy rasterio snaphu whirlwind-insar mintpy
fi
"$peers/bin/python" tests/bench/pipeline_peers.py "$out/source" 3 2>/dev/null | sed -n '/^{/,$p' >"$out/peers.json"
cat "$out/ours.json" "$out/peers.json"
