#!/usr/bin/env bash
# The tables of docs/operations/configuration.md against what the programs print: every key, default and meaning.
#   .ci/configuration.sh [--write]    --write: puts the programs' tables into the page; default: fails where they differ
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${FRINGEWATCH_BIN:-build/release/bin}
page=docs/operations/configuration.md
services=(scheduler detector unwrapper results)

# "service key default meaning", parted by tabs. Nothing of the caller's environment counts.
settings() {
  local service
  for service in "${services[@]}"; do
    env -i PATH="$PATH" LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}" FRINGEWATCH_STORE_URI=/required \
      "$bin/fringewatch-$service" --print-config | awk -v service="$service" '
        /^\[/ { section = substr($0, 2, length($0) - 2) }
        /^# / { meaning = substr($0, 3); next }
        match($0, / = /) {
          printf "%s\t%s.%s\t%s\t%s\n", service, section, substr($0, 1, RSTART - 1), substr($0, RSTART + 3), meaning
        }'
  done
}

# One row per key; a default that differs from service to service is named with each.
table() {
  settings | awk -F '\t' '
    { key = $2; if (!(key in meaning)) { order[++n] = key; meaning[key] = $4 }
      gsub(/"\/required"/, "(required)", $3)
      if (!((key, $3) in seen)) { seen[key, $3] = 1; values[key] = values[key] (values[key] ? "\n" : "") $3 }
      users[key, $3] = users[key, $3] (users[key, $3] ? ", " : "") $1
      all[key] = all[key] (all[key] ? ", " : "") $1 }
    END {
      print "| key | default | meaning | read by |"; print "|---|---|---|---|"
      for (i = 1; i <= n; ++i) {
        key = order[i]; count = split(values[key], value, "\n"); shown = ""
        for (j = 1; j <= count; ++j) {
          text = value[j] == "(required)" ? "required" : "`" value[j] "`"
          shown = shown (j > 1 ? ", " : "") text (count > 1 ? " (" users[key, value[j]] ")" : "")
        }
        who = all[key] == "scheduler, detector, unwrapper, results" ? "all" : all[key]
        gsub(/\|/, "\\|", meaning[key])
        printf "| `%s` | %s | %s | %s |\n", key, shown, meaning[key], who
      }
    }'
}

printed=$(table)
[[ $(wc -l <<<"$printed") -gt 20 ]] || { echo "error: the programs printed too little: $printed" >&2; exit 1; }
updated=$(TABLE=$printed awk '
  /^<!-- settings:/ { print; print ENVIRON["TABLE"]; inside = 1; next }
  /^<!-- end -->/ { inside = 0 }
  !inside' "$page")
if [[ ${1:-} == --write ]]; then
  echo "$updated" >"$page"
else
  diff -u "$page" <(echo "$updated") || { echo "error: $page is not what the programs say: .ci/configuration.sh --write" >&2; exit 1; }
fi
echo "configuration: $(($(wc -l <<<"$printed") - 2)) keys"
