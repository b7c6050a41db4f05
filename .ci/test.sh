#!/usr/bin/env bash
# Runs the tests of a built preset (default: release).
set -euo pipefail
cd "$(dirname "$0")/.."
ctest --preset "${1:-release}"
