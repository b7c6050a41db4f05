#!/usr/bin/env bash
# Formats the sources in place; with --check only says which files are not formatted, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[[ ${1:-} == --check ]] && mode=(--dry-run --Werror)
git ls-files -z '*.h' '*.cc' | xargs -0 --no-run-if-empty clang-format "${mode[@]}"
