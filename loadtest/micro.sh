#!/usr/bin/env bash
# Micro-benchmarks of single types: nanoseconds per decision. Arguments go to Google Benchmark, for
# example --benchmark_filter=refused. JSON: build/bench/micro.json.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=$root/build/release/spillway-micro
[ -x "$binary" ] || {
    printf 'micro.sh: %s is missing (./dev bench micro builds it)\n' "$binary" >&2
    exit 1
}
mkdir -p "$root/build/bench"
"$binary" --benchmark_out="$root/build/bench/micro.json" --benchmark_out_format=json "$@"
