#!/usr/bin/env bash
# All tests, in two halves at once: real processes and browsers wait a lot, the rest computes. Fails when either fails, or when the wheel does not walk.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p var
scripts/grammalecte.sh >/dev/null || exit 1
# Each half has its own temporary folder: pytest clears the old ones of a shared folder under the other's feet.
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
mkdir "$temporary/a" "$temporary/b"
{
  PYTEST_DEBUG_TEMPROOT=$temporary/a RELAIS_DATA=$PWD/var/test-processes .venv/bin/python -m pytest tests/browser tests/test_kill.py tests/test_kill_doors.py
  walked=$?
  PYTEST_DEBUG_TEMPROOT=$temporary/a scripts/wheel.sh || walked=1
  exit "$walked"
} >var/test-processes.log 2>&1 &
processes=$!
PYTEST_DEBUG_TEMPROOT=$temporary/b RELAIS_DATA=$PWD/var/test .venv/bin/python -m pytest relais tests --ignore=tests/browser --ignore=tests/test_kill.py --ignore=tests/test_kill_doors.py
rest=$?
wait "$processes"
browsers=$?
cat var/test-processes.log
exit $((rest || browsers))
