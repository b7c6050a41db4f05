#!/usr/bin/env bash
# The integration tests of a built preset: real programs, real Redis.
#   .ci/integration.sh [full] [PRESET]    full: 20 trials of each case instead of 2, and the table; default: release
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ ${1:-} == full ]]; then
  export FRINGEWATCH_TRIALS=${FRINGEWATCH_TRIALS:-20}
  shift
fi
ctest --preset "${1:-release}" --label-regex integration --verbose
