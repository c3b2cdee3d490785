# shellcheck shell=bash disable=SC2034,SC2120
# Shared by the load scripts; sourced, not run. Starts the release binary on free loopback ports,
# pinned to one CPU, with the generators pinned to another; stops it by its own process id.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=${SPILLWAY_BINARY:-$root/build/release/spillway}
out=${BENCH_OUT:-$root/build/bench}
server_cpu=${SERVER_CPU:-0}
load_cpu=${LOAD_CPU:-1}
report=("${PYTHON:-python3}" -B "$root/loadtest/report.py")

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

for tool in "$@"; do
    command -v "$tool" >/dev/null || die "$tool is not installed (./dev setup bench)"
done
[ -x "$binary" ] || die "$binary is missing (./dev build)"
[ "$(nproc --all)" -ge 2 ] || die "two CPUs are needed: one for the service, one for the load"

work=$(mktemp -d "${TMPDIR:-/tmp}/spillway-load.XXXXXX")
server_pid='' watch_pid=''
mkdir -p "$out"

cleanup() {
    [ -z "$watch_pid" ] || kill "$watch_pid" 2>/dev/null || true
    if [ -n "$server_pid" ]; then
        kill -KILL "$server_pid" 2>/dev/null || true
        wait "$server_pid" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# start_server [--set key=value]...: sets server_pid, public and control (host:port).
start_server() {
    : >"$work/server.log"
    taskset -c "$server_cpu" "$binary" serve --set server.listen=127.0.0.1:0 \
        --set control.listen=127.0.0.1:0 --set log.format=json --set log.access=off "$@" \
        >"$work/server.log" 2>&1 &
    server_pid=$!
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        public=$(listening public)
        control=$(listening control)
        if [ -n "$public" ] && [ -n "$control" ]; then return 0; fi
        kill -0 "$server_pid" 2>/dev/null || break
        sleep 0.05
    done
    cat "$work/server.log" >&2
    server_pid=''
    die "the service did not start"
}

# listening LISTENER: its address, from the log.
listening() {
    sed -n '/"listening"/{/"'"$1"'"/s/.*"address": *"\([^"]*\)".*/\1/p}' "$work/server.log"
}

# stop_server: SIGTERM, wait; sets server_exit.
stop_server() {
    kill -TERM "$server_pid"
    await_server
}

await_server() {
    server_exit=0
    wait "$server_pid" || server_exit=$?
    server_pid=''
}

# on_load_cpu COMMAND...: run a generator on its own CPU.
on_load_cpu() { taskset -c "$load_cpu" "$@"; }

# watch_begin FILE: sample /healthz, /metrics, resident memory and CPU time until watch_end. The
# sampler shares the generators' CPU; where it may, it runs at a higher priority than they do, so
# that what it measures is the service and not its own wait for a CPU.
watch_begin() {
    local first=()
    if nice -n -15 true 2>/dev/null && [ "$(nice -n -15 nice 2>/dev/null)" = -15 ]; then
        first=(nice -n -15)
    fi
    taskset -c "$load_cpu" "${first[@]}" "${report[@]}" watch "$server_pid" "$public" "$1" &
    watch_pid=$!
}

watch_end() {
    kill -TERM "$watch_pid"
    wait "$watch_pid" || true
    watch_pid=''
}
