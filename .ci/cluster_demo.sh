#!/usr/bin/env bash
# The demo track through a cluster on this machine, and through `fringewatch run`: the products must be identical.
#   .ci/cluster_demo.sh [SIMULATE OPTION...]    default: the frame of `make demo`
set -euo pipefail
cd "$(dirname "$0")/.."
fringewatch=${FRINGEWATCH_BIN:-build/release/bin}/fringewatch
out=$PWD/out/cluster-demo
rm -rf "$out"
export FRINGEWATCH_STATE=$out/state
"$fringewatch" simulate --out "$out/source" --seed 20240103 "$@"

trap 'deploy/local-up.sh stop' EXIT
deploy/local-up.sh start
source "$FRINGEWATCH_STATE/environment"
"$fringewatch" submit --source "$out/source" --watch
"$fringewatch" runs
"$fringewatch" sites
"$fringewatch" run --source "$out/source" --out "$out/run" --device cpu --models deploy/models

manifests=("$FRINGEWATCH_STATE"/products/*/manifest.json)
[[ ${#manifests[@]} -eq 1 ]] || { echo "error: ${#manifests[@]} runs instead of one" >&2; exit 1; }
cmp "${manifests[0]}" "$out/run/manifest.json"
echo "identical: $(grep -c '"sha256"' "$out/run/manifest.json") products of the cluster and of fringewatch run"
