#!/usr/bin/env bash
# Images per second of one core, and memory per image: the service, bare libvips, the command lines
# of libvips and ImageMagick, on the same pictures. Arguments go to images/resize.py:
# [--rounds N] [--seconds S]. JSON: build/bench/resize.json.
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/images/resize.py" "$@"
