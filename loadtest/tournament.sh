#!/usr/bin/env bash
# All limit algorithms and disciplines on the same scenarios, in virtual time (loadtest/scenarios/tournament).
# Writes the tables into docs/policies.md; --print only prints them. Further arguments: [--seeds N] [SCENARIO...].
# JSON: build/bench/tournament.json.
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/bench/tournament.py" "$@"
