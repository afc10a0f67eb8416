# Runs whose time is that of the link, of Freshchat's answers or of a quota.
# shellcheck shell=bash disable=SC2034,SC2154 # these files share their variables

# A round trip of 60 ms to both sides, and a table that holds all of 700 conversations.
measure_distance() {
  local trip=0.06 ms=60 direct far seconds
  step "Runs over a full table, with a round trip of $ms ms to both sides"
  serve distance --conversations 700
  direct=$address
  world 700
  clean "$program" run --concurrency 8 >"$dir/out" 2>"$dir/err" </dev/null || fail "the first run ($dir/err)"
  link freshchat $ms "$direct"
  far=$linked
  link supabase $ms "$STACK_HTTPS_URL"
  address=$far supabase=$linked

  seconds=$(repeated 3 run --concurrency 8 --mode incremental)
  asked "$program" run --concurrency 8 --mode incremental
  row 'MODE=incremental: requests' "$told" '700 to Freshchat, no upsert' "${calls[Freshchat]} == 700 && ${calls[upserts]} == 0"
  row 'MODE=incremental: time (median of 3)' "$(calc "$seconds") s = $(calc "$seconds * 8 / 700 / $trip") × 700 calls ÷ 8" '≤ 1.12 ×' \
    "$seconds <= 1.12 * 700 / 8 * $trip"

  # `missing` leaves out what has a message, and asks for what has none.
  database -c 'delete from "Conversation" c where not exists (select 1 from "Message" m where m.conversationid = c.id)'
  seconds=$(repeated 3 run --concurrency 8 --mode missing)
  asked "$program" run --concurrency 8 --mode missing
  row 'MODE=missing, every conversation has messages: requests' "$(all_calls): $told" '≤ 20, none to Freshchat, no upsert' \
    "$(all_calls) <= 20 && ${calls[Freshchat]} == 0 && ${calls[upserts]} == 0"
  row 'MODE=missing: time (median of 3)' "$(calc "$seconds") s = $(calc "$seconds / $trip" 1) round trips" '≤ 22' "$seconds <= 22 * $trip"
  supabase=$STACK_HTTPS_URL
}
repeated() { # TIMES ARGUMENTS…: the median of the program's seconds
  local round
  for ((round = 0; round < $1; round++)); do timed "$program" "${@:2}"; done | median
}

measure_latency() {
  local one eight
  step '700 conversations with 50 ms at Freshchat'
  serve slow --conversations 700 --latency-ms 50
  world 700
  one=$(timed "$program" run --concurrency 1)
  empty
  eight=$(timed "$program" run --concurrency 8)
  row '700 conversations, 50 ms latency: CONCURRENCY=8 against 1' "$(calc "$eight" 1) s against $(calc "$one" 1) s = $(calc "$one / $eight" 1) ×" '≥ 7 ×' \
    "$one / $eight >= 7"
}

measure_models() {
  step 'Nine kinds of quota on a virtual clock'
  local result
  result=$("$release/test/pace_tests" "fifteen minutes*" | tail -n 2 | head -n 1)
  [[ $result == 'All tests passed'* ]] || fail 'pace_tests'
  row 'quota models A–I, 15 virtual minutes, 16 fetchers, QUOTA_SHARE=1' 'all within' 'share ≥ 0.95 (A–D), ≥ 0.87 (E–I); ≤ 40 rejections; 0 given up'
}

measure_version() {
  local ms mb
  step '--version'
  hyperfine -N --warmup 5 --runs 50 --export-json "$dir/version.json" "$program --version" >/dev/null 2>&1 || fail '--version'
  address='' timed "${resources[@]}" "$program" --version >/dev/null
  ms=$(calc "$(mean "$dir/version.json") * 1000" 1) mb=$(calc "$(cut -d' ' -f3 "$dir/time") / 1024" 1)
  row "\`--version\`" "$ms ms, $mb MB" '≤ 15 ms, ≤ 12 MB' "$ms <= 15 && $mb <= 12"
}

# The numbers of "Freshchat: N requests, M throttled", which each run prints at its end.
traffic() { sed -nE 's/.*Freshchat: ([0-9]+) requests, ([0-9]+) throttled.*/\1 \2/p' "$1"; }

measure_quota() {
  step 'Three real minutes of a quota of 400 a minute: one run, and four shards'
  local requests throttled accepted pids=() shard sum=0 rejected=0
  world 2000
  serve fixed --conversations 2000 --quota fixed:400
  clean "$program" run --pace adaptive --quota-share 1 --max-duration 180s >"$dir/fixed.out" 2>/dev/null </dev/null &
  pids+=($!)
  serve shards --conversations 2000 --quota fixed:400
  for shard in 0 1 2 3; do
    clean "$program" run --pace adaptive --quota-share 1 --max-duration 180s --shard "$shard/4" >"$dir/shard$shard.out" 2>/dev/null </dev/null &
    pids+=($!)
  done
  wait "${pids[@]}" || true
  read -r requests throttled < <(traffic "$dir/fixed.out")
  accepted=$(calc "($requests - $throttled) / 1200" 3)
  row "fixed:400 for three real minutes, QUOTA_SHARE=1" "$accepted of the quota, $throttled rejections" '≥ 0.93, ≤ 12 rejections' \
    "$accepted >= 0.93 && $throttled <= 12"
  for shard in 0 1 2 3; do
    read -r requests throttled < <(traffic "$dir/shard$shard.out")
    sum=$((sum + requests - throttled)) rejected=$((rejected + throttled))
  done
  accepted=$(calc "$sum / 1200" 3)
  row 'four shards at once against one such quota' "$accepted of the quota, $rejected rejections" '≥ 0.85' "$accepted >= 0.85"
}

# Four minutes, since a pace is learned in two; the same rows twice, which costs nothing that is measured here.
measure_adaptive() {
  local latency requests throttled last pids=()
  step 'PACE=adaptive, CONCURRENCY unset, 1000 calls a minute, a link of 150 ms: four minutes'
  world 5000
  link supabase 150 "$STACK_HTTPS_URL"
  supabase=$linked
  for latency in 0 2000; do
    serve "quota$latency" --conversations 5000 --quota fixed:1000 --latency-ms $latency
    link "link$latency" 150 "$address"
    address=$linked
    clean "$program" run -v --pace adaptive --max-duration 240s 2> >(awk '/freshchat: GET/ && !/429/ { print systime() }' >"$dir/times$latency") \
      >"$dir/adaptive$latency.out" </dev/null &
    pids+=($!)
  done
  wait "${pids[@]}" || true
  supabase=$STACK_HTTPS_URL
  for latency in 0 2000; do
    read -r requests throttled < <(traffic "$dir/adaptive$latency.out")
    last=$(awk '{ t[NR] = $1 } END { for (i = NR; i && t[i] > t[NR] - 60; i--) n++; print n + 0 }' "$dir/times$latency")
    row "answers after $((latency / 1000)) s: calls a minute that were accepted" \
      "$last in the last minute, $(calc "($requests - $throttled) / 4" 0) on average; $throttled rejections"
  done
}
