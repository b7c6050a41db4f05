#!/usr/bin/env bash
# The include check must notice what it is there for: plants forbidden includes in an empty tree.
set -euo pipefail
check=$(cd "$(dirname "$0")" && pwd)/includes.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# expect <pass|fail> <file> <include line>
expect() {
  local outcome=pass
  mkdir -p "$tree/$(dirname "$2")"
  echo "$3" >"$tree/$2"
  "$check" "$tree" >"$tree/output" || outcome=fail
  if [[ $outcome != "$1" ]]; then
    echo "expected to $1: $2: $3"
    failures=$((failures + 1))
  elif [[ $1 == fail ]] && ! grep -q "^$2:1: includes " "$tree/output"; then
    echo "the message does not name the place: $(cat "$tree/output")"
    failures=$((failures + 1))
  fi
  rm "$tree/$2"
}

expect fail services/detector/core/detect.cc '#include <grpcpp/grpcpp.h>'
expect fail services/unwrapper/core/unwrap.cc '#include "fringewatch/v1/tasks.pb.h"'
expect fail services/detector/core/detect.cc '#include "services/unwrapper/core/unwrap_patch.h"'
expect fail services/detector/core/detect.cc '#include "common/io/raster_file.h"'
expect fail services/detector/app/detect_task.cc '#include "services/unwrapper/core/unwrap_patch.h"'
expect fail services/results/core/product.cc '#include <torch/torch.h>'
expect fail common/base/date.cc '#include "common/raster/grid.h"'
expect fail common/raster/grid.cc '#include <gdal_priv.h>'
expect fail common/stack/track.cc '#  include <spdlog/spdlog.h>'
expect fail common/queue/queue.h '#include <hiredis/hiredis.h>'
expect fail common/raster/grid.h '#include "tests/support/fake_clock.h"'
expect fail common/store/store.h '#include <absl/status/status.h>'
expect fail common/unknown/x.h '#include "common/base/status.h"'

expect pass services/detector/core/detect.cc '#include "common/nn/device.h"'
expect pass services/detector/core/detect_test.cc '#include "common/sim/scene.h"'
expect pass services/scheduler/app/service.cc '#include <grpcpp/grpcpp.h>'
expect pass common/queue/redis_queue.cc '#include <hiredis/hiredis.h>'
expect pass common/io/reader.cc '#include <gdal_priv.h>'
expect pass common/raster/grid.cc '#include <cmath>'

[[ $failures -eq 0 ]] && echo "includes_test: all planted includes were judged rightly"
exit "$failures"
