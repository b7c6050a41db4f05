#!/usr/bin/env bash
# Fringewatch on real data: the figures and pictures of docs/science/validation.md.
#   .ci/real_data.sh DATA [PICTURES]     DATA: see tests/bench/real_data.py; PICTURES default to docs/images
# What it needs of Python is installed into out/bench/real_peers. Writes out/bench/real/scores.json.
set -euo pipefail
cd "$(dirname "$0")/.."
out=out/bench/real peers=out/bench/real_peers
if [[ ! -x $peers/bin/python ]] || ! "$peers/bin/python" -c 'import snaphu, rasterio, matplotlib' 2>/dev/null; then
  python3 -m venv "$peers"
  "$peers/bin/pip" install --quiet numpy rasterio matplotlib snaphu
fi
rm -rf "$out"
"$peers/bin/python" tests/bench/real_data.py "$1" "$out" "${2:-docs/images}"
