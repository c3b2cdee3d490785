#!/usr/bin/env bash
# What a decision costs: nanoseconds and instructions of each, and the limiter under 1 to 8 threads.
# Arguments go to micro/report.py: [--rounds N] [decisions] [contention]. JSON: build/bench/micro.json.
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/micro/report.py" "$@"
