#!/usr/bin/env bash
# Prints the path of a Chromium for the browser tests, installing one when there is none. Fails rather than skips.
set -euo pipefail
cd "$(dirname "$0")/.."

find_one() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" && return 0
  done
  .venv/bin/python - <<'PYTHON' 2>/dev/null
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    path = p.chromium.executable_path
sys.exit(0 if pathlib.Path(path).exists() and print(path) is None else 1)
PYTHON
}

find_one && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >&2 && apt-get install -y -qq chromium >/dev/null
else
  .venv/bin/playwright install chromium >&2
fi
find_one && exit 0
echo "No Chromium for the browser tests. Install one (Debian: sudo apt install chromium), or name one in CHROMIUM." >&2
exit 1
