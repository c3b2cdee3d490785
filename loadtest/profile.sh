#!/usr/bin/env bash
# Where the user-mode instructions of one refusal, page or admitted request go, by callgrind.
#
# Arguments go to bench/profile.py: [refused|page|drill] [ROWS].
# packages: peers
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/bench/profile.py" "$@"
