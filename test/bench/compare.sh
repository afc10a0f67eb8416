# The program beside the floor, a good script and a plain one, mixed, so that all see the machine's better and worse moments.
# shellcheck shell=bash disable=SC2034,SC2154 # these files share their variables

# How often each runs. A pair is the program and the floor, or the program and the good script, one right after the other.
declare -A rounds=([700]=21 [10000]=5 [100000]=1)
declare -A good_every=([700]=3 [10000]=1 [100000]=1)  # rounds
declare -A plain_every=([700]=7 [10000]=5 [100000]=0) # rounds; 0: never, it would take an hour
declare -A most_floors=([700]=1.15) least_good=([700]=5.5 [10000]=3.3)

# How many pay depends on the machine: those of the fastest floor at 700, in $writers.
best_writers() {
  local round several=(1 2 3 4)
  step 'How many writers pay the floor'
  serve writers --conversations 700
  world 700
  for round in 1 2 3 4 5; do
    for writers in "${several[@]}"; do
      empty
      clean "$floor" 700 8 "$writers" >>"$dir/floor$writers"
    done
  done
  writers=$(for writers in "${several[@]}"; do
    echo "$(median <"$dir/floor$writers") $writers"
    rm "$dir/floor$writers"
  done | sort -n | awk 'NR == 1 { print $2 }')
  end_servers
}

# Each into an empty table, which it must fill; their seconds are in $seconds.
run_program() {
  empty
  local under=()
  if ((conversations > 700)); then under=("${resources[@]}"); fi # of so short a run it would be half a percent
  seconds=$(timed "${under[@]}" "$program" run --concurrency 8)
  expect_rows "$expected"
}
run_floor() {
  empty
  seconds=$(clean "$floor" "$conversations" 8 "$writers")
  expect_rows "$expected"
}
run_script() { # NAME
  empty
  seconds=$(timed node "$peers/$1.mjs")
  expect_rows "$expected"
}

compare() { # CONVERSATIONS
  local conversations=$1 expected writers seconds runs=() floors=() goods=() plains=() to_floor=() good_to=() round what
  best_writers
  step "$conversations conversations without delays"
  serve "world$conversations" --conversations "$conversations"
  world "$conversations"
  expected=$("$simulator" --conversations "$conversations" --print-expected | database -c 'create temp table expected (like "Message")' \
    -c '\copy expected (id, conversationid, actor_type, message_parts, created_time) from pstdin csv' -c 'select count(*) from expected')
  for ((round = 1; round <= rounds[$conversations]; round++)); do
    for what in $(if ((round % 2)); then echo program floor; else echo floor program; fi); do
      "run_$what"
      if [[ $what == program ]]; then runs+=("$seconds"); else floors+=("$seconds"); fi
    done
    to_floor+=("$(calc "${runs[-1]} / ${floors[-1]}" 4)")
    if ((round % good_every[$conversations] == 0)); then
      if ((round % 2)); then run_program; else seconds=${runs[-1]}; fi # the program comes right before it
      what=$seconds
      run_script concurrent
      goods+=("$seconds") good_to+=("$(calc "$seconds / $what" 4)")
    fi
    if ((plain_every[$conversations] && round % plain_every[$conversations] == 0)); then
      run_script sequential
      plains+=("$seconds")
    fi
  done
  tell_comparison
}

middle() { printf '%s\n' "$@" | median; }
tell_comparison() {
  local fast ratio most=${most_floors[$conversations]-} least=${least_good[$conversations]-} of="$conversations conversations"
  fast=$(middle "${runs[@]}")
  row "$of, $expected rows: program, CONCURRENCY=8 (median of ${#runs[@]})" "$(calc "$fast" 3) s"
  ratio=$(middle "${to_floor[@]}")
  row "$of: floor, $writers writers (${#floors[@]} pairs)" "$(calc "$(middle "${floors[@]}")" 3) s; the program takes $(calc "$ratio") ×" \
    "${most:+≤ $most ×}" "${most:+$ratio <= $most}"
  ratio=$(middle "${good_to[@]}")
  row "$of: good script (${#goods[@]} pairs)" "$(calc "$(middle "${goods[@]}")") s = $(calc "$ratio" 1) × the program" \
    "${least:+≥ $least ×}" "${least:+$ratio >= $least}"
  if ((${#plains[@]})); then
    ratio=$(middle "${plains[@]}")
    row "$of: plain script (median of ${#plains[@]})" "$(calc "$ratio" 1) s = $(calc "$ratio / $fast" 0) × the program"
  fi
  if ((conversations > 700)); then tell_memory; fi
}

tell_memory() { # of the program's last run
  local user system cpu
  read -r user system memory <"$dir/time"
  cpu=$(calc "($user + $system) * 100000 / $expected")
  row "$of: the program's memory and CPU" "peak $(calc "$memory / 1024" 1) MB; $cpu CPU-seconds per 100 000 messages" \
    '≤ 40 MB; ≤ 2.0' "$memory / 1024 <= 40 && $cpu <= 2.0"
}

measure_huge() {
  local memory small
  serve small --conversations 10000
  world 10000
  timed "${resources[@]}" "$program" run --concurrency 8 >/dev/null
  small=$(cut -d' ' -f3 "$dir/time")
  end_servers
  compare 100000
  row 'peak memory of 100 000 conversations against 10 000' "$(calc "$memory / $small")" '≤ 1.1' "$memory / $small <= 1.1"
}
