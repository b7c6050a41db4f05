#!/usr/bin/env bash
# Installs moto, a server that speaks S3, into build/s3_server, for the tests of the object store. They find it there,
# or where FRINGEWATCH_S3_SERVER says, and skip loudly without it. Ends with 77 (skipped) when it cannot be installed,
# except in CI.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/s3_server

[[ -e $folder/installed ]] && exit 0
mkdir -p build
rm -rf "$folder"
if python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check 'moto[s3,server]==5.2.5'; then
  touch "$folder/installed"
  exit 0
fi
echo "SKIPPED: moto cannot be installed here; THE OBJECT STORE IS NOT TESTED" >&2
[[ -z ${CI:-} ]] || exit 1
exit 77
