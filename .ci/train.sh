#!/usr/bin/env bash
# Trains the three networks one after the other into deploy/models; each takes the minutes given (default: 60). DDNet
# learns on small patches first and a quarter of that time on large ones, which show it as much as it can see.
#   .ci/train.sh [MINUTES]
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-60}
train() { build/release/bin/fringewatch-train "$@"; }
train ddnet --minutes "$minutes" --work-dir build/train/ddnet
train ddnet --minutes "$((minutes / 4 + 1))" --from deploy/models --size 256 --batch 6 --learning-rate 1e-3 --seed 2 \
  --work-dir build/train/ddnet_large
for network in stack punet; do train "$network" --minutes "$minutes" --work-dir "build/train/$network"; done
