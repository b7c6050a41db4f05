#!/usr/bin/env bash
# The queue's figures of docs/benchmarks.md: ours, then RQ and Celery, on the same redis-server in the same run.
#   .ci/bench_queue.sh [TASKS [PEER_JOBS]]
# The peers are installed into out/bench/peers; without network they are left out, and that is said.
set -euo pipefail
cd "$(dirname "$0")/.."
tasks=${1:-40000} jobs=${2:-4000}
out=out/bench
mkdir -p "$out"

folder=$(mktemp -d)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --bind 127.0.0.1 --port "$port" --dir "$folder" --save "" --appendonly yes --appendfsync everysec \
  --daemonize no >"$folder/log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" 2>/dev/null; rm -rf "$folder"' EXIT
until redis-cli -p "$port" ping >/dev/null 2>&1; do
  kill -0 "$server" || { cat "$folder/log" >&2; exit 1; }
done

build/release/bin/queue_bench "127.0.0.1:$port" "$tasks" | tee "$out/queue.json"
peers=$out/peers
if [[ -x $peers/bin/celery ]] || { python3 -m venv "$peers" && "$peers/bin/pip" install --quiet rq 'celery[redis]' packaging; }; then
  "$peers/bin/python" tests/bench/queue_peers.py "127.0.0.1:$port" "$jobs" 2 | tee "$out/queue_peers.json"
else
  echo "warning: rq and celery could not be installed: no peer was measured" >&2
fi
