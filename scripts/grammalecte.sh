#!/usr/bin/env bash
# Prints the path of grammalecte-cli, which proofreads captions, installing it when there is none. Fails rather than skips.
set -euo pipefail

find_one() {
  for name in "${GRAMMALECTE:-}" grammalecte-cli; do
    [ -n "$name" ] && command -v "$name" && return 0
  done
  return 1
}

find_one && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >&2 && apt-get install -y -qq grammalecte-cli >/dev/null
  find_one && exit 0
fi
echo "No Grammalecte to proofread captions with. Install it (Debian: sudo apt install grammalecte-cli), or name its program in GRAMMALECTE." >&2
exit 1
