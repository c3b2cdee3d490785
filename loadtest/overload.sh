#!/usr/bin/env bash
# Ten times the capacity, and as much as one client can do.
#
# For a sleeping drill (sleep_ms=20, 16 permits) and a burning one (cpu_ms=5, 2 permits), each on a
# service of its own, pinned to one CPU (SERVER_CPU, default 0), the generator on another (LOAD_CPU, 1):
#   1. capacity  hey in closed loop with as many workers as there are permits, 10 s: replies 200/s
#   2. 10x       hey with rate-limited workers (-q), SECONDS (default 60). Workers of 10/s each; one
#                that waits in the queue misses its ticks, so 11.5x is asked for, and the
#                table says what was in fact offered
#   3. wrk       WRK_CONNECTIONS (256) connections in unlimited closed loop, 15 s
# Goodput is what the client saw answered 200, beside it the rates of the service's own counters (in
# the JSON). Latencies of admitted and of refused are split by status from hey's CSV (0.1 ms).
# Every 100 ms of 2 and 3 /healthz and /metrics are fetched on a kept connection from the
# generator's CPU, and resident memory is read. JSON: build/bench/overload.json.
#
# usage: overload.sh [SECONDS [sleep|burn]...]
set -euo pipefail
# shellcheck source=loadtest/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" hey wrk taskset python3

seconds=${1:-60}
shift || true
modes=("$@")
[ ${#modes[@]} -gt 0 ] || modes=(sleep burn)
capacity_seconds=${CAPACITY_SECONDS:-10}
wrk_seconds=${WRK_SECONDS:-15}
wrk_connections=${WRK_CONNECTIONS:-256}
per_worker=10 # requests per second of each rate-limited worker

measure() { # MODE QUERY PERMITS
    local mode=$1 url permits=$3 capacity workers
    start_server --set "pools.drill.workers=$permits" --set "limiters.drill.limit.value=$permits"
    url="http://$public/v1/drill?$2"
    printf '{"seconds": %s, "capacity_seconds": %s, "workers": %s, "query": "%s"}' \
        "$seconds" "$capacity_seconds" "$permits" "$2" >"$work/$mode.mode.json"

    say "$mode: capacity, $capacity_seconds s"
    on_load_cpu hey -z "${capacity_seconds}s" -c "$permits" -o csv "$url" >"$work/$mode.capacity.csv"
    capacity=$("${report[@]}" capacity "$work/$mode.capacity.csv" "$capacity_seconds")

    workers=$(awk -v c="$capacity" -v q="$per_worker" \
        'BEGIN { n = int(11.5 * c / q) + 1; print n < 10 ? 10 : n }')
    say "$mode: capacity $capacity/s; 10x with $workers workers of $per_worker/s, $seconds s"
    "${report[@]}" counters "$control" "$work/$mode.hey.before"
    watch_begin "$work/$mode.hey.watch"
    on_load_cpu hey -z "${seconds}s" -c "$workers" -q "$per_worker" -o csv "$url" >"$work/$mode.hey.csv"
    watch_end
    "${report[@]}" counters "$control" "$work/$mode.hey.after"

    say "$mode: wrk with $wrk_connections connections, $wrk_seconds s"
    "${report[@]}" counters "$control" "$work/$mode.wrk.before"
    watch_begin "$work/$mode.wrk.watch"
    on_load_cpu wrk -t 1 -c "$wrk_connections" -d "${wrk_seconds}s" --latency "$url" >"$work/$mode.wrk"
    watch_end
    "${report[@]}" counters "$control" "$work/$mode.wrk.after"

    stop_server
    [ "$server_exit" -eq 0 ] || die "the service ended with $server_exit"
}

for mode in "${modes[@]}"; do
    case $mode in
        sleep) measure sleep sleep_ms=20 16 ;;
        burn) measure burn cpu_ms=5 2 ;;
        *) die "no mode '$mode' (sleep, burn)" ;;
    esac
done
"${report[@]}" overload "$work" "$out/overload.json"
