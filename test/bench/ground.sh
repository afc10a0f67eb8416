# What the parts of scripts/bench share: the table and its musts, the build, both sides, and runs in a clean environment.
# shellcheck shell=bash disable=SC2034,SC2154 # these files share their variables

table=() missed=() columns=''

fail() {
  printf '\nbench: %s\n' "$1" >&2
  exit 1
}
step() { printf '── %s\n' "$1"; }
calc() { awk "BEGIN { printf \"%.${2:-2}f\", $1 }"; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

row() { # WORK MEASURED [MUST [CONDITION of awk]]: a missed one is told in the table and fails the whole
  local must=${3:-–}
  if [[ ${4-} ]] && ! awk "BEGIN { exit !($4) }"; then
    must+=': **missed**'
    missed+=("$1: $2 (must: $3)")
  fi
  table+=("| $1 | $2 | $must |")
  printf '   %s: %s (must: %s)\n' "$1" "$2" "$must"
}

keep_table() { # PART: between its marks in test/bench/README.md
  local readme=test/bench/README.md changed=''
  grep -qF "<!-- $1 -->" $readme || fail "$readme has no mark <!-- $1 -->"
  git diff --quiet HEAD -- . ":!$readme" || changed=' and changes'
  {
    printf '%s, %s cores, %s; %s, commit %s%s\n\n' "$(sed -nE 's/^model name\s*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" "$(uname -sr)" \
      "$(date -u +%F)" "$(git rev-parse --short HEAD)" "$changed"
    printf '%s\n%s\n' "$columns" "$(sed -E 's/[^|]+/---/g' <<<"$columns")"
    printf '%s\n' "${table[@]}"
  } >"$dir/table"
  awk -v mark="<!-- $1 -->" -v file="$dir/table" '
    /^<!-- end -->$/ { inside = 0 }
    !inside { print }
    $0 == mark { inside = 1; while ((getline line < file) > 0) print line }' $readme >"$dir/readme"
  cp "$dir/readme" $readme
  printf '   kept in %s\n' $readme
}

build() {
  scripts/setup test bench
  mkdir -p "$dir"
  local targets=(freshchat-backfill freshchat-simulator backfill-floor backfill-link)
  if [[ ${parts[*]} == *models* ]]; then targets+=(pace_tests); fi
  CONFIGURE=-DBACKFILL_TESTS=ON scripts/compile release "${targets[@]}" || fail 'the build'
  if [[ ! $peers/node_modules/.package-lock.json -nt $peers/package-lock.json ]]; then
    npm ci --prefix "$peers" --ignore-scripts --no-audit --no-fund >"$dir/npm.log" 2>&1 || fail "npm ci ($dir/npm.log)"
  fi
}

servers=()
end_servers() {
  if ((${#servers[@]})); then kill "${servers[@]}" 2>/dev/null || true; wait "${servers[@]}" 2>/dev/null || true; fi
  servers=()
}
take_down() {
  end_servers
  scripts/local_stack down "$dir/stack" >/dev/null 2>&1 || true
}
bring_up() {
  take_down
  # As a hosted database commits: what a script pays for each request is paid here, too.
  DURABILITY=full scripts/local_stack up "$dir/stack" || fail 'the local Supabase did not start'
  trap take_down EXIT
  trap 'exit 130' INT TERM HUP
  # shellcheck disable=SC1091 # written by local_stack
  source "$dir/stack/env"
  supabase=$STACK_HTTPS_URL
}

port_of() { # NAME of a server that was just started
  local tries
  for ((tries = 0; tries < 400; tries++)); do
    if [[ -s $dir/$1.port ]]; then break; fi
    sleep 0.05
  done
  printf '%s' "$(<"$dir/$1.port")"
}
serve() { # NAME OPTIONS…: a simulator with them; its address is in $address
  rm -f "$dir/$1.port"
  setsid "$simulator" --port-file "$dir/$1.port" --token bench-token "${@:2}" >"$dir/$1.log" 2>&1 </dev/null &
  servers+=($!)
  address=http://127.0.0.1:$(port_of "$1")
}
link() { # NAME ROUND_TRIP_MS ADDRESS: a link to it; what leads there is in $linked
  rm -f "$dir/$1.port"
  setsid "$release/test/backfill-link" "$2" "${3##*:}" "$dir/$1.port" >"$dir/$1.log" 2>&1 </dev/null &
  servers+=($!)
  linked=${3%:*}:$(port_of "$1")
}

database() { psql -X -q -t -A -v ON_ERROR_STOP=1 -h "$STACK_PGHOST" -p "$STACK_PGPORT" -U postgres -d "$STACK_PGDATABASE" "$@"; }
world() { # CONVERSATIONS: into the Conversation table, Message empty
  database -c 'truncate "Conversation" cascade' 2>/dev/null
  "$simulator" --conversations "$1" --print-conversations | database -c "\\copy \"Conversation\" (id, created_time) from pstdin csv" -c 'analyze "Conversation"'
}
empty() { database -c 'truncate "Message"'; }
rows() { database -c 'select count(*) from "Message"'; }
expect_rows() { # NUMBER
  local there
  there=$(rows)
  [[ $there == "$1" ]] || fail "the table holds $there rows, not $1"
}

# The program with no settings but these; the clean environment is part of what is measured.
variables() {
  printf '%s\n' FRESHCHAT_TOKEN=bench-token "FRESHCHAT_DOMAIN=$address" "SUPABASE_URL=$supabase" \
    "SUPABASE_SERVICE_ROLE_KEY=$STACK_SERVICE_KEY" "CA_FILE=$STACK_CA_FILE" "NODE_EXTRA_CA_CERTS=$STACK_CA_FILE"
}
clean() { # COMMAND…
  local settings
  mapfile -t settings < <(variables)
  env -i PATH="$PATH" "${settings[@]}" RATE_LIMIT_DELAY=0 BATCH_DELAY=0 PAGE_DELAY=0 "$@"
}
mean() { sed -nE 's/.*"mean": ([0-9.e-]+).*/\1/p' "$1" | head -n 1; }
timed() { # SECONDS of COMMAND…, without what it costs this shell to start one
  local command
  printf -v command '%q ' "$@"
  clean hyperfine -N --runs 1 --output "$dir/out" --export-json "$dir/timing.json" "$command" >"$dir/err" 2>&1 </dev/null ||
    fail "$* ($dir/err)"
  mean "$dir/timing.json"
}
resources=(/usr/bin/time -o "$dir/time" -f '%U %S %M') # before a command: its CPU seconds and memory

declare -A calls=() # of one run, by kind
asked() { # COMMAND…: what one run asks of both sides, in $calls and one line in $told
  local log=$STACK_ACCESS_LOG before kind number
  before=$(wc -l <"$log")
  clean "$@" -v >"$dir/out" 2>"$dir/err" </dev/null || fail "$* ($dir/err)"
  calls=([Freshchat]=0 [upserts]=0 [sent]=0)
  calls[Freshchat]=$(grep -c 'freshchat: GET' "$dir/err" || true)
  told="${calls[Freshchat]} to Freshchat"
  while read -r number kind; do
    calls[$kind]=$number
    told+=", $number ${kind//_/ }"
  done < <(tail -n +$((before + 1)) "$log" | awk '
    { sent += $NF }
    /^POST/ { kind[$(NF - 1) > 2 ? "upserts" : "preflight"]++; next }
    $2 ~ /in\.\(/ { kind["look-ups"]++; next }
    $2 ~ /\/Conversation\?.*order=/ { kind["list_pages"]++; next }
    { kind["preflight"]++ } # both tables, their columns, the count
    END { for (k in kind) print kind[k], k | "sort -k2"; close("sort -k2"); print sent, "sent" }')
  told=${told%, * sent}
}
all_calls() { # of $calls
  local kind sum=0
  for kind in "${!calls[@]}"; do if [[ $kind != sent ]]; then sum=$((sum + ${calls[$kind]})); fi; done
  printf '%d' $sum
}
