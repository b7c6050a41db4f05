#!/usr/bin/env bash
# Runs the tests of a built preset (default: release).
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/s3_test_server.sh || [[ $? -eq 77 ]]
ctest --preset "${1:-release}"
