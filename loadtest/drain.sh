#!/usr/bin/env bash
# Ten SIGTERMs under load: nothing that was sent is lost.
#
# Each of ROUNDS (default 10) rounds starts the service, puts three generators on it, all keep-alive,
# on GET /v1/drill?sleep_ms=5, and after two seconds sends SIGTERM:
#   wrk      32 connections, closed loop: pressure. After the listener has closed it counts refused
#            connections as read or write errors, so its errors say nothing about lost requests
#   hey      16 workers at 50/s: lost are its errors other than a refused connection. It retries a
#            GET whose kept connection closed before the first byte of a reply
#   strict   16 clients of steady_clients.py, closed loop: retries nothing; lost is a request sent on
#            an established connection without its complete reply
# The service must end with 0. JSON: build/bench/drain.json; exit 1 if anything was lost.
set -euo pipefail
# shellcheck source=loadtest/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" hey wrk taskset python3

rounds=${1:-10}
for ((round = 1; round <= rounds; round++)); do
    start_server --set drain.timeout=30s
    url="http://$public/v1/drill?sleep_ms=5"
    on_load_cpu wrk -t 1 -c 32 -d 4s "$url" >"$work/$round.wrk" &
    wrk_pid=$!
    on_load_cpu hey -z 4s -c 16 -q 50 "$url" >"$work/$round.hey" 2>&1 &
    hey_pid=$!
    on_load_cpu "${PYTHON:-python3}" -B "$root/loadtest/steady_clients.py" \
        "$public" "/v1/drill?sleep_ms=5" 16 "$work/$round.strict" &
    strict_pid=$!
    sleep 2
    begin=$(date +%s%N)
    kill -TERM "$server_pid"
    await_server
    printf '%s %s\n' "$server_exit" $((($(date +%s%N) - begin) / 1000000)) >"$work/$round.exit"
    wait "$wrk_pid" "$hey_pid" "$strict_pid"
    say "round $round of $rounds: exit $server_exit"
done
"${report[@]}" drain "$work" "$out/drain.json"
