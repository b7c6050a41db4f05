#!/usr/bin/env bash
# A whole cluster on this machine: Redis, a scheduler, two detectors, two unwrappers and results.
#   deploy/local-up.sh           starts it and stays until Ctrl-C
#   deploy/local-up.sh start     starts it and returns
#   deploy/local-up.sh stop      stops it; store, products and Redis' file stay in the state folder
#   deploy/local-up.sh status    says which processes run
# Environment: FRINGEWATCH_STATE   state folder (default out/cluster)
#              FRINGEWATCH_BIN     programs (default build/release/bin)
#              DETECTORS UNWRAPPERS   how many (default 2 each)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
state=${FRINGEWATCH_STATE:-$root/out/cluster}
bin=${FRINGEWATCH_BIN:-$root/build/release/bin}
config=$root/deploy/local

fail() {
  echo "error: $*" >&2
  exit 1
}

running() { # NAME
  local pid
  pid=$(cat "$state/pids/$1" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

# NAME COMMAND...: in the background; standard output to NAME.out, standard error to NAME.log
launch() {
  local name=$1
  shift
  : >"$state/$name.out"
  setsid "$@" >>"$state/$name.out" 2>>"$state/$name.log" </dev/null &
  echo $! >"$state/pids/$name"
}

await() { # NAME PATTERN
  for _ in $(seq 300); do
    grep -q "$2" "$state/$1.out" && return 0
    running "$1" || break
    sleep 0.1
  done
  tail -n 20 "$state/$1.out" "$state/$1.log" >&2 || true
  fail "$1 did not start; see $state/$1.log"
}

port_of() { sed -n 's/^ready grpc=\([0-9]*\).*/\1/p' "$state/$1.out"; }

start_redis() {
  # The services' user may touch only their keys, with only the commands they use.
  [[ -f $state/redis.password ]] || (umask 077 && head -c 24 /dev/urandom | base64 >"$state/redis.password")
  local digest
  digest=$(tr -d '\n' <"$state/redis.password" | sha256sum | cut -d' ' -f1)
  {
    echo "user default off"
    sed -e '/^#/d' -e "s/PASSWORD_SHA256/$digest/" "$config/redis.acl"
  } >"$state/redis.acl"
  for _ in 1 2 3 4 5 6 7 8; do
    redis_port=$((20000 + RANDOM % 20000))
    launch redis redis-server "$config/redis.conf" --port "$redis_port" --dir "$state" --aclfile "$state/redis.acl"
    for _ in $(seq 100); do
      grep -q 'Ready to accept connections' "$state/redis.out" && return 0
      running redis || break
      sleep 0.1
    done
  done
  tail -n 20 "$state/redis.out" >&2
  fail "Redis did not start"
}

up() {
  [[ -x $bin/fringewatch-scheduler ]] || fail "no programs in $bin: run 'make build' first"
  mkdir -p "$state/pids"
  for name in redis scheduler results; do
    ! running "$name" || fail "$name runs already in $state: '$0 stop' stops it"
  done
  start_redis
  export FRINGEWATCH_REDIS_ADDRESS=127.0.0.1:$redis_port FRINGEWATCH_REDIS_USER=fringewatch
  export FRINGEWATCH_REDIS_PASSWORD_FILE=$state/redis.password
  export FRINGEWATCH_STORE_URI=$state/store FRINGEWATCH_PRODUCTS_URI=$state/products
  export FRINGEWATCH_INVENTORY_URI=$state/inventory.gpkg FRINGEWATCH_MODELS_FOLDER=$root/deploy/models
  local names=(scheduler results)
  for i in $(seq "${DETECTORS:-2}"); do names+=("detector$i"); done
  for i in $(seq "${UNWRAPPERS:-2}"); do names+=("unwrapper$i"); done
  for name in "${names[@]}"; do
    local program=${name%[0-9]*} settings=$name
    [[ $program == "$name" ]] || settings=worker
    launch "$name" "$bin/fringewatch-$program" --config "$config/$settings.toml"
  done
  for name in "${names[@]}"; do await "$name" '^ready '; done
  cat >"$state/environment" <<END
export FRINGEWATCH_SERVER=127.0.0.1:$(port_of scheduler)
export FRINGEWATCH_RESULTS=127.0.0.1:$(port_of results)
END
  cat <<END
scheduler  127.0.0.1:$(port_of scheduler)
results    127.0.0.1:$(port_of results)
Redis      127.0.0.1:$redis_port (user fringewatch, password in $state/redis.password)
products   $state/products
logs       $state/*.log

submit a track:
  source $state/environment
  $bin/fringewatch submit --source FOLDER --watch
  $bin/fringewatch sites
END
}

# NAME...: asks all, then waits for each
stop_processes() {
  local name
  for name in "$@"; do ! running "$name" || kill -TERM "$(cat "$state/pids/$name")"; done
  for name in "$@"; do
    for _ in $(seq 900); do
      running "$name" || break
      sleep 0.1
    done
    ! running "$name" || fail "$name does not stop: process $(cat "$state/pids/$name")"
    rm -f "$state/pids/$name"
  done
}

down() {
  local names
  mapfile -t names < <(find "$state/pids" -type f ! -name redis -printf '%f\n' 2>/dev/null)
  stop_processes "${names[@]}"
  stop_processes redis  # last: the others hand their work back
  rm -f "$state/environment"
}

case ${1:-} in
'')
  up
  trap 'trap - EXIT INT TERM; echo stopping; down' EXIT INT TERM
  echo "Ctrl-C stops it"
  wait
  ;;
start) up ;;
stop) down ;;
status)
  for file in "$state"/pids/*; do
    [[ -e $file ]] || continue
    echo "${file##*/} $(running "${file##*/}" && echo "runs ($(cat "$file"))" || echo 'does not run')"
  done
  ;;
*) fail "usage: $0 [start|stop|status]" ;;
esac
