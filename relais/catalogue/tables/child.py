"""The process that reads a table somebody brought: the file on its standard input, its rows on its standard output.

python -m relais.catalogue.tables.child PARENT
"""

import csv
import json
import sys

from relais.foundation.confined import Limits, confine

CONFINED = Limits(memory=1_000_000_000, processor_seconds=40, file=0, open_files=32)
"""Twenty thousand rows of fifty columns take ten seconds of a slow processor."""


def main(words: list[str]) -> int:
    confine(int(words[0]), CONFINED)

    from . import reading
    from .bounds import CELL

    csv.field_size_limit(CELL)
    try:
        told = reading.read(sys.stdin.buffer.read())
    except reading.NoTable as problem:
        told = {"problem": str(problem)}
    except MemoryError:
        told = {"problem": "heavy"}
    # As it is, not escaped: an accent would take six times its place.
    sys.stdout.buffer.write(json.dumps(told, ensure_ascii=False).encode(errors="replace"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
