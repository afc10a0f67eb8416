# What a run does, in numbers that other work on the machine hardly changes; for two builds in one table, if another is given.
# shellcheck shell=bash disable=SC2034,SC2154 # these files share their variables

instructions=0
# Of threads that valgrind runs in turn, so another order of them is left, and some percent of difference with it.
count_instructions() { # PROGRAM: user-space instructions of a run, in $instructions
  empty
  if [[ $counter == perf ]]; then
    clean perf stat -x, -o "$dir/perf" -e instructions:u "$1" run --concurrency 8 >"$dir/out" 2>"$dir/err" </dev/null || fail "perf ($dir/err)"
    instructions=$(sed -nE 's/^([0-9]+),.*instructions.*/\1/p' "$dir/perf")
  else
    clean valgrind --tool=callgrind --callgrind-out-file=/dev/null --fair-sched=try "$1" run --concurrency 8 >"$dir/out" 2>"$dir/err" </dev/null ||
      fail "valgrind ($dir/err)"
    instructions=$(sed -nE 's/.*Collected : ([0-9]+).*/\1/p' "$dir/err")
  fi
  [[ $instructions ]] || fail "$counter counted nothing"
}

figures() { # PROGRAM: a line of "WHAT<tab>FIGURE" for each
  local direct=$address through
  count_instructions "$1"
  printf 'user-space instructions, 700 conversations\t%s million\n' "$(calc "$instructions / 1000000" 1)"

  empty
  clean strace -f -c -o "$dir/strace" "$1" run --concurrency 8 >"$dir/out" 2>"$dir/err" </dev/null || fail "strace ($dir/err)"
  printf 'system calls\t%s\n' "$(awk '$NF == "total" { print $4 }' "$dir/strace")"
  printf 'the commonest of them\t%s\n' "$(awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { print $4, $NF }' "$dir/strace" | sort -rn | head -n 6 | awk '{ printf "%s%s %s", sep, $2, $1; sep = ", " }')"

  link counted 0 "$direct"
  through=${servers[-1]}
  empty
  address=$linked asked "$1" run --concurrency 8
  kill "$through"
  wait "$through" || true
  unset 'servers[-1]'
  printf 'requests\t%s\n' "$told"
  printf 'bytes sent, with heads\t%s to Freshchat, %s to Supabase (before TLS)\n' "$(cut -d' ' -f2 "$dir/counted.log")" "${calls[sent]}"
}

stored_message() { # PROGRAM
  count_instructions "$1"
  printf 'user-space instructions, a stored message at 10 000 conversations\t%s\n' "$(calc "$instructions / $(rows)" 0)"
}

measure_counts() {
  local counter=valgrind build builds files=()
  if perf stat -x, -e instructions:u true 2>&1 | grep -qE '^[0-9]+,'; then counter=perf; fi
  command -v $counter >/dev/null || fail 'counts needs valgrind, or a perf that counts instructions'
  step "Counts of a run, CONCURRENCY=8 (instructions by $counter)"
  builds=("$program" ${other:+"$other"})
  for build in "${!builds[@]}"; do files+=("$dir/figures.$build"); done

  serve counts --conversations 700
  world 700
  for build in "${!builds[@]}"; do figures "${builds[build]}" >"${files[build]}"; done
  end_servers
  serve counts --conversations 10000
  world 10000
  for build in "${!builds[@]}"; do stored_message "${builds[build]}" >>"${files[build]}"; done

  columns='| count | program |' table=()
  if [[ $other ]]; then columns+=" $other |"; fi
  mapfile -t table < <(paste -d '\t' "${files[@]}" | awk -F '\t' '{ print "| " $1 " | " $2 " |" (NF > 2 ? " " $4 " |" : "") }')
  printf '%s\n' "$columns" "${table[@]}"
}
