#!/usr/bin/env bash
# The wheel as somebody else gets it: built, installed beside what it runs with and nothing more, and the walk of the README done on it.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# From a copy of what is tracked: building leaves things beside what it builds from.
mkdir "$folder/tree"
git ls-files -z | xargs -0 cp --parents -t "$folder/tree"
.venv/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$folder" "$folder/tree"
.venv/bin/python -m venv "$folder/env"
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
"$folder/env/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$folder"/*.whl
WHEEL_PYTHON=$folder/env/bin/python RELAIS_DATA=$PWD/var/test-wheel .venv/bin/python -m pytest -q tests/browser/test_walk.py
