#!/usr/bin/env bash
# The environment of the project in .venv, from the locked files: what running needs (run), or all that tests need too (dev).
# Says in words what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
what=${1:-dev}

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
  echo "Relais needs Python 3.11 or newer (found: $("$python" --version 2>&1 || echo none)). Name one with: make PYTHON=python3.12 run" >&2
  exit 1
}
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  # Debian ships Python without ensurepip; root may add it, others are told.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
  else
    echo "Python's venv module is incomplete here. On Debian or Ubuntu: sudo apt install python3-venv" >&2
    exit 1
  fi
fi
echo "Relais: bringing Python packages into .venv (requirements/$what.txt) …"
[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "requirements/$what.txt"
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
