#!/usr/bin/env bash
# Resident memory of idle keep-alive connections.
#
# Opens CONNECTIONS (default 2000) connections to a service pinned to one CPU, each with one GET
# /healthz behind it, and compares the service's resident memory before and after, per connection.
# It does so twice: memory that closed connections left to the allocator is used again by the second
# set. Kernel memory (socket buffers) is not in the figures. JSON: build/bench/idle.json.
set -euo pipefail
# shellcheck source=loadtest/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh" taskset python3

connections=${1:-2000}
ulimit -n "$(ulimit -H -n)"
start_server --set "server.idle_timeout=120s"
on_load_cpu "${PYTHON:-python3}" -B "$root/loadtest/idle_connections.py" \
    "$server_pid" "$public" "$connections" "$out/idle.json"
stop_server
[ "$server_exit" -eq 0 ] || die "the service ended with $server_exit"
