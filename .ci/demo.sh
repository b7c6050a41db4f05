#!/usr/bin/env bash
# A mining frame with known truth, the whole job on it, and the answer against the truth.
set -euo pipefail
cd "$(dirname "$0")/.."
fringewatch=build/release/bin/fringewatch
out=out/demo
rm -rf "$out"
"$fringewatch" simulate --out "$out/source" --seed 20240103
"$fringewatch" run --source "$out/source" --out "$out"
"$fringewatch" evaluate --run "$out" --truth "$out/source/truth"
echo "open $out/report.html"
