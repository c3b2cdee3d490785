#!/usr/bin/env bash
# Normal load: about half of what the service can do, nothing refused.
#
# Three runs of SECONDS (default 10) each, one after the other on one service with the default
# configuration, pinned to one CPU (SERVER_CPU, default 0), generator hey on another (LOAD_CPU, 1):
#   drill-sleep  GET /v1/drill?sleep_ms=20, 8 workers at 50/s each: half of 16 permits / 20 ms
#   drill-burn   GET /v1/drill?cpu_ms=5, 4 workers at 25/s each: half of one CPU / 5 ms
#   resize       POST /v1/resize?width=320 with a photo, 2 workers in closed loop
# Latency is the client's, from hey's CSV (resolution 0.1 ms). JSON: build/bench/normal.json.
set -euo pipefail
# shellcheck source=loadtest/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" hey taskset python3

seconds=${SECONDS_EACH:-${1:-10}}
photo=${PHOTO:-$(find "$root/tests/support/photos" -name '*.jpg' 2>/dev/null | sort | head -n 1)}

run() { # NAME HEY_ARGUMENT...
    local name=$1
    shift
    say "$name, $seconds s"
    printf '{"seconds": %s}' "$seconds" >"$work/$name.mode.json"
    watch_begin "$work/$name.watch"
    on_load_cpu hey -z "${seconds}s" -o csv "$@" >"$work/$name.hey.csv"
    watch_end
}

start_server --set drain.timeout=30s
run drill-sleep -c 8 -q 50 "http://$public/v1/drill?sleep_ms=20"
run drill-burn -c 4 -q 25 "http://$public/v1/drill?cpu_ms=5"
if [ -n "$photo" ]; then
    run resize -c 2 -m POST -D "$photo" -T image/jpeg "http://$public/v1/resize?width=320"
else
    say "no photo in tests/support/photos: the resize run is left out"
fi
stop_server
[ "$server_exit" -eq 0 ] || die "the service ended with $server_exit"
"${report[@]}" normal "$work" "$out/normal.json"
