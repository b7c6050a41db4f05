#!/usr/bin/env bash
# Who may include whom. Prints every include that breaks a rule as file:line, with the rule, and fails.
#   .ci/includes.sh [ROOT]    ROOT: the source tree to check (default: this one)
set -euo pipefail
root=${1:-$(dirname "$0")/..}
cd "$root"

# Files (first match decides)      | what of ours they may include
ours='
^common/base/                      | ^common/base/
^common/raster/                    | ^common/(base|raster)/
^common/stack/                     | ^common/(base|raster|stack)/
^common/nn/                        | ^common/(base|raster|stack|nn)/
^common/sim/                       | ^common/(base|raster|stack|sim)/
^common/io/                        | ^common/(base|raster|stack|sim|store|io)/
^common/queue/                     | ^common/(base|queue)/
^common/store/                     | ^common/(base|store)/
^common/wire/                      | ^common/(base|raster|stack|wire)/
^common/run/                       | ^common/(base|stack|queue|store|run)/
^common/service/                   | ^common/(base|queue|wire|service)/
^common/process/                   | ^common/(base|nn|queue|store|run|io|service|process)/
^services/scheduler/core/          | ^(common/(base|raster|stack)|services/scheduler/core)/
^services/detector/core/           | ^(common/(base|raster|stack|nn)|services/detector/core)/
^services/unwrapper/core/          | ^(common/(base|raster|stack|nn)|services/unwrapper/core)/
^services/results/core/            | ^(common/(base|raster|stack)|services/results/core)/
^services/scheduler/app/           | ^(common/(base|raster|stack|queue|store|run|wire|service)|services/scheduler)/
^services/detector/app/            | ^(common/(base|raster|stack|nn|queue|store|run|wire)|services/detector)/
^services/unwrapper/app/           | ^(common/(base|raster|stack|nn|io|queue|store|run|wire)|services/unwrapper)/
^services/results/app/             | ^(common/(base|raster|stack|io|queue|store|run|wire|service)|services/results)/
^services/scheduler/               | ^(common/(nn|io|service|process)|services/scheduler)/
^services/detector/                | ^(common/(nn|service|process)|services/detector)/
^services/unwrapper/               | ^(common/(nn|process)|services/unwrapper)/
^services/results/                 | ^(common/(io|service|process)|services/results)/
^services/trainer/                 | ^(common/(base|raster|stack|nn|sim)|services/(detector|unwrapper)/core|services/trainer)/
^services/cli/                     | ^(common|services)/
^tests/                            | ^(common|services|tests)/
'

# Third-party headers                      | the only files that may include them
theirs='
^absl/                                     | ^common/base/status[.]h$
^openssl/                                  | ^common/base/hash[.]cc$
^(torch|c10|ATen|caffe2)/                  | ^(common/nn|services/(detector|unwrapper)/core|services/trainer|services/cli|tests/bench)/
^(dnnl|oneapi/)                            | ^common/nn/conv_plan[^/]*[.](h|cc)$
^lemon/                                    | ^services/unwrapper/core/
^(gdal|ogr|cpl_|vrt)                       | ^(common/io|services/cli|tests)/
^(hdf5|H5)                                 | ^common/io/
^(sw/redis|hiredis)                        | ^common/queue/[^/]*[.]cc$
(^grpc|^google/protobuf|[.]pb[.]h$)        | ^(common/(wire|service)/|services/(scheduler|results)/app/|services/cli/|tests/)
^prometheus/                               | ^common/service/
^spdlog/                                   | ^common/service/
^CLI/                                      | ^(common/service/|services/(cli/|trainer/main[.]cc$)|tests/bench/)
^toml[+][+]/                               | ^common/service/
^nlohmann/                                 | ^(common/(stack|nn|io|wire|run|service)/|services/|tests/)
^(gtest|gmock)/                            | (^tests/|_test[.]cc$|[/_]test_[a-z_]+[.](h|cc)$)
'

# A test beside the code (x_test.cc, test_x.h, x_test_y.cc) may also use the simulator and the support of all tests.
test_extra='^(common/sim|tests/support)/'

folders=()
for folder in common services tests; do [[ -d $folder ]] && folders+=("$folder"); done

find "${folders[@]}" \( -name '*.h' -o -name '*.cc' \) -print0 | sort -z |
  xargs -0 --no-run-if-empty grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
  OURS=$ours THEIRS=$theirs TEST_EXTRA=$test_extra awk '
    function table(text, keys, values,    lines, n, count, i, cut) {
      n = split(text, lines, "\n"); count = 0
      for (i = 1; i <= n; ++i) {
        # Columns are parted by a bar between blanks: a bar inside a pattern has none around it.
        cut = match(lines[i], / +[|] +/)
        if (!cut) continue
        ++count; keys[count] = substr(lines[i], 1, cut - 1); values[count] = substr(lines[i], cut + RLENGTH)
        sub(/ +$/, "", values[count])
      }
      return count
    }
    function complain(rule) { printf "%s:%s: includes %s, but %s\n", file, line, header, rule; bad = 1 }
    BEGIN { ours = table(ENVIRON["OURS"], from, to); theirs = table(ENVIRON["THEIRS"], what, where) }
    {
      split($0, part, ":"); file = part[1]; line = part[2]
      header = $0; sub(/^[^<"]*[<"]/, "", header); sub(/[>"].*$/, "", header)
      is_test = file ~ /(_test[.]cc|[\/_]test_[a-z_]+[.](h|cc))$/
      if (header ~ /^(common|services|tests)\//) {
        for (i = 1; i <= ours && file !~ from[i]; ++i) {}
        if (i > ours) complain("no rule names this file: add one to .ci/includes.sh")
        else if (header !~ to[i] && !(is_test && header ~ ENVIRON["TEST_EXTRA"]))
          complain("files in " from[i] " may include only " to[i])
      } else {
        for (i = 1; i <= theirs; ++i)
          if (header ~ what[i] && file !~ where[i]) complain("only files in " where[i] " may include " what[i])
      }
    }
    END { if (!bad) print "includes: " NR " checked, all allowed"; exit bad }'
