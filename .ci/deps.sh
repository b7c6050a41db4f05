#!/usr/bin/env bash
# Installs what is missing to build and test, from the distribution. Does nothing when all is there.
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache pkg-config git
  libtorch-dev libdnnl-dev libgrpc++-dev protobuf-compiler protobuf-compiler-grpc libhiredis-dev prometheus-cpp-dev libgdal-dev gdal-bin libhdf5-dev libeigen3-dev liblemon-dev
  libabsl-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libssl-dev
  libgtest-dev libgmock-dev redis-server prometheus python3-venv golang-go openssl
  clang-format clang-tidy
)

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

echo "installing: ${missing[*]}"
if [[ $(id -u) -eq 0 ]]; then
  sudo=()
elif command -v sudo >/dev/null; then
  sudo=(sudo)
else
  echo "error: these packages are missing and installing them needs root: apt-get install ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
install=("${sudo[@]}" apt-get install --yes --no-install-recommends -o Dpkg::Use-Pty=0)
# The package lists may be absent or old: fetch them only when the first try fails.
"${install[@]}" "${missing[@]}" >/dev/null 2>&1 || {
  "${sudo[@]}" apt-get update
  "${install[@]}" "${missing[@]}"
}
