#!/usr/bin/env bash
# How many requests the simulator gets through in a second of CPU time, one core. --rounds N (default 3).
# JSON: build/bench/simulate.json.
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/bench/simulate_speed.py" "$@"
