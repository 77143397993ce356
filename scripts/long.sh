#!/usr/bin/env bash
# The long campaigns, one after the other, a line each: the tests of `make test` asked for more, and an hour of service.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p var
failed=0

campaign() {  # campaign "what" VARIABLE=value … -- command …
  local what=$1 began=$SECONDS
  shift
  local settings=()
  while [ "$1" != -- ]; do settings+=("$1"); shift; done
  shift
  if env "${settings[@]}" RELAIS_DATA="$PWD/var/long" timeout 7200 "$@" >var/long.log 2>&1; then
    echo "$what: held, $((SECONDS - began)) s$(tail -n 1 var/long.log | sed 's/^/ – /')"
  else
    failed=1
    cp var/long.log "var/long-$began.log"
    echo "$what: FAILED, $((SECONDS - began)) s, see var/long-$began.log"
  fi
}

campaign "kill -9 during 1,000 messages in and 1,000 answers out by each door (seed 1)" \
  KILL_SENDS=1000 KILL_SEED=1 -- .venv/bin/python -m pytest -q tests/test_kill_doors.py
campaign "48 bugs of one line put into hours, claims, states, links, outbox, rates, schedule, retention, promise, gates (seed 1)" \
  -- .venv/bin/python scripts/mutate.py 48 1
campaign "20 times as many made-up lines, letters, captions, numbers, questions as in the tests (seed 1)" \
  MADE_UP=20 -- .venv/bin/python -m pytest -q -m hypothesis --hypothesis-seed=1 --timeout=3600 relais
campaign "every finding of an attack tried again on production settings, 50,000 made-up headers, letters, captions and numbers (seed 1)" \
  ATTACK_CASES=50000 ATTACK_SEED=1 -- .venv/bin/python -m tests.attack
campaign "every page on telephone and desk, light and dark" \
  AXE_ALL=1 -- .venv/bin/python -m pytest -q tests/browser/test_accessible.py
campaign "10,000 made-up questions to the API (what takes few parameters runs out of new ones)" \
  SCHEMATHESIS_CASES=16000 -- .venv/bin/python -m pytest -q relais/catalogue/tests/search/test_fuzz.py
campaign "an evening of 60 minutes with 5,000 open pages" \
  BENCH_MINUTES=60 -- .venv/bin/python -m bench service
exit "$failed"
