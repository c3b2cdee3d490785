#!/usr/bin/env bash
# One job from shard to worker and back: CPU time, latency and system calls, for several times that
# an idle worker spins before it sleeps. Arguments go to micro/handoff.py. JSON: build/bench/handoff.json.
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/micro/handoff.py" "$@"
