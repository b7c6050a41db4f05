#!/usr/bin/env bash
# The table of unwrapping of docs/benchmarks.md: our answers and those of other programs on the same simulated patches.
#   .ci/bench_unwrap.sh [PATCHES [SEED]]    patches per cell, default 50
# The peers are installed into out/bench/unwrap_peers. Writes out/bench/unwrap/scores.md and scores.json.
set -euo pipefail
cd "$(dirname "$0")/.."
out=out/bench/unwrap peers=out/bench/unwrap_peers
mkdir -p "$out"
build/release/bin/unwrap_bench "$out" "${1:-50}" "${2:-4242}"
if [[ ! -x $peers/bin/python ]] || ! "$peers/bin/python" -c 'import snaphu, skimage, whirlwind' 2>/dev/null; then
  python3 -m venv "$peers"
  "$peers/bin/pip" install --quiet numpy snaphu scikit-image whirlwind-insar
fi
"$peers/bin/python" tests/bench/unwrap_peers.py "$out" >/dev/null  # SNAPHU reports there
cat "$out/scores.md"
