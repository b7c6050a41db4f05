#!/usr/bin/env bash
# Trains the three networks one after the other into deploy/models; each takes the minutes given (default: 60). DDNet
# learns on small patches first and as long again on large ones, which show it as much as it can see. In the end it is
# measured what each threshold costs.
#   .ci/train.sh [MINUTES]
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-60}
train() { build/release/bin/fringewatch-train "$@"; }
train ddnet --minutes "$minutes" --work-dir build/train/ddnet
train ddnet --minutes "$minutes" --from deploy/models --size 256 --batch 6 --learning-rate 1e-3 --seed 2 \
  --work-dir build/train/ddnet_large
for network in stack punet; do train "$network" --minutes "$minutes" --work-dir "build/train/$network"; done
build/release/bin/detect_bench --card >build/train/detection.json
