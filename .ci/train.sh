#!/usr/bin/env bash
# Trains the three networks one after the other into deploy/models; each takes the minutes given (default: 60).
#   .ci/train.sh [MINUTES]
set -euo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-60}
for network in ddnet stack punet; do
  build/release/bin/fringewatch-train "$network" --minutes "$minutes" --work-dir "build/train/$network"
done
