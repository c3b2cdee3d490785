#!/usr/bin/env bash
# Puts the figures that `peers`, `goals`, `micro` and `resize` have written to build/bench into
# docs/performance.md and README.md.
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/bench/document.py" "$@"
