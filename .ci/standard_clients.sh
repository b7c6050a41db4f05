#!/usr/bin/env bash
# Clients that nobody of this project wrote, against a cluster on this machine: grpcurl (by reflection) and
# grpc-health-probe. Ends with 77 (skipped) when they cannot be installed, except in CI.
#   .ci/standard_clients.sh [install]    install: only fetches the clients, into build/clients
set -euo pipefail
cd "$(dirname "$0")/.."
clients=$PWD/build/clients

install() {
  [[ -x $clients/grpcurl && -x $clients/grpc-health-probe ]] && return 0
  command -v go >/dev/null || { echo "go is not installed"; return 1; }
  mkdir -p "$clients/module"
  cp .ci/standard_clients/go.mod .ci/standard_clients/go.sum "$clients/module"
  # From a module file: versions and checksums are fixed there.
  (cd "$clients/module" && GOBIN=$clients GOFLAGS=-mod=mod go install \
    github.com/fullstorydev/grpcurl/cmd/grpcurl github.com/grpc-ecosystem/grpc-health-probe)
}

if ! install; then
  echo "SKIPPED: grpcurl and grpc-health-probe cannot be installed here; NOTHING WAS CHECKED" >&2
  [[ -z ${CI:-} ]] || exit 1
  exit 77
fi
[[ ${1:-} != install ]] || exit 0

state=$(mktemp -d)
export FRINGEWATCH_STATE=$state DETECTORS=1 UNWRAPPERS=1
trap 'deploy/local-up.sh stop; rm -rf "$state"' EXIT
deploy/local-up.sh start >/dev/null
source "$state/environment"

checks=0
fail() {
  echo "error: $*" >&2
  exit 1
}
# expect PATTERN COMMAND...
expect() {
  local pattern=$1 output
  shift
  output=$("$@" 2>&1) || fail "$*: $output"
  grep -qE -- "$pattern" <<<"$output" || fail "$*: no '$pattern' in: $output"
  checks=$((checks + 1))
}
# refuse CODE COMMAND...
refuse() {
  local code=$1 output
  shift
  ! output=$("$@" 2>&1) || fail "$*: was not refused: $output"
  grep -q "Code: $code" <<<"$output" || fail "$*: no '$code' in: $output"
  checks=$((checks + 1))
}
grpcurl() { "$clients/grpcurl" -plaintext -max-time 20 "$@"; }

for service in JobService:$FRINGEWATCH_SERVER ResultService:$FRINGEWATCH_RESULTS; do
  name=fringewatch.v1.${service%%:*} address=${service#*:}
  expect "^$name\$" grpcurl "$address" list
  expect '^grpc.health.v1.Health$' grpcurl "$address" list
  expect 'rpc ' grpcurl "$address" describe "$name"
  # gRPC's own health service has no descriptor to reflect: the probe, which brings its own, asks it.
  expect 'status: SERVING' "$clients/grpc-health-probe" -addr "$address" -service "$name"
done
for name in scheduler results detector1 unwrapper1; do
  port=$(sed -n 's/^ready grpc=\([0-9]*\).*/\1/p' "$state/$name.out")
  expect 'status: SERVING' "$clients/grpc-health-probe" -addr "127.0.0.1:$port"
done
expect 'SubmitTrackRequest' grpcurl "$FRINGEWATCH_SERVER" describe fringewatch.v1.JobService.SubmitTrack
expect 'string request_id = 1' grpcurl "$FRINGEWATCH_SERVER" describe fringewatch.v1.SubmitTrackRequest

# A run, submitted, followed and listed by grpcurl alone.
"${FRINGEWATCH_BIN:-build/release/bin}/fringewatch" simulate --out "$state/source" --seed 11 --rows 192 --cols 192 --sites 1 --epochs 8 \
  --pairs 16 >/dev/null 2>&1
request="{\"request_id\": \"8d1f0f4e-3c56-4a40-9d1b-0d7f8f8c1a01\", \"source\": {\"uri\": \"$state/source\"}}"
expect '"created": true' grpcurl -d "$request" "$FRINGEWATCH_SERVER" fringewatch.v1.JobService/SubmitTrack
run=$(grpcurl -d "$request" "$FRINGEWATCH_SERVER" fringewatch.v1.JobService/SubmitTrack |
  sed -n 's/.*"run_id": "\([0-9a-f]*\)".*/\1/p')
expect '"state": "SUCCEEDED"' "$clients/grpcurl" -plaintext -max-time 300 -d "{\"run_id\": \"$run\"}" \
  "$FRINGEWATCH_SERVER" fringewatch.v1.JobService/WatchRun
expect "\"run_id\": \"$run\"" grpcurl "$FRINGEWATCH_SERVER" fringewatch.v1.JobService/ListRuns
expect '"path": "velocity.tif"' grpcurl -d "{\"run_id\": \"$run\"}" "$FRINGEWATCH_RESULTS" \
  fringewatch.v1.ResultService/GetProducts
grpcurl -d "{\"run_id\": \"$run\"}" "$FRINGEWATCH_RESULTS" fringewatch.v1.ResultService/ListSites >/dev/null
refuse NotFound grpcurl -d '{"run_id": "000000000000"}' "$FRINGEWATCH_SERVER" fringewatch.v1.JobService/GetRun
refuse NotFound grpcurl -d '{"run_id": "000000000000"}' "$FRINGEWATCH_RESULTS" \
  fringewatch.v1.ResultService/GetProducts
refuse InvalidArgument grpcurl -d '{"request_id": "x"}' "$FRINGEWATCH_SERVER" fringewatch.v1.JobService/SubmitTrack
echo "standard clients: $checks checks, all as stated"
