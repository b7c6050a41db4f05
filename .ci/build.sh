#!/usr/bin/env bash
# Configures and builds a preset (default: release). Programs come to build/<preset>/bin.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
cmake --preset "$preset"
cmake --build --preset "$preset"
