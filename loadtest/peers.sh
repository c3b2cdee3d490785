#!/usr/bin/env bash
# The same load on the bare epoll loop, Spillway, nginx, HAProxy and Go, one table for each question.
#
# Arguments go to bench/peers.py: [OPTIONS] [PART...]. JSON: build/bench/peers.json.
# packages: peers
set -euo pipefail
exec "${PYTHON:-python3}" -B "$(dirname "${BASH_SOURCE[0]}")/bench/peers.py" "$@"
