#!/usr/bin/env bash
# What must hold: every performance goal, measured beside the bare epoll loop, nginx and HAProxy in
# the same run, and judged there: met or not met.
#
# Arguments go to bench/goals.py: [OPTIONS] [PART...]. JSON: build/bench/goals.json.
# packages: peers
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/bench/goals.py" "$@"
