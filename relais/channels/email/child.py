"""The process that reads what strangers sent: letters on its standard input, what a channel needs of them on its standard output.

python -m relais.channels.email.child SHAPE OUR-ADDRESSES OUR-HOST WHO-CHECKS
"""

import json
import sys

from relais.foundation.confined import Limits, confine

CONFINED = Limits(memory=768_000_000, processor_seconds=4, file=0, open_files=32)
"""Thirty megabytes of JSON fit in; no letter that we know takes more than a second of processor."""
UNKNOWN = 3
"""How this process ends when what it read has no shape that it knows."""


def main(words: list[str]) -> int:
    parent, shape, addresses, host, checked_by = words
    confine(int(parent), CONFINED)

    from . import shapes
    from .letter import House

    try:
        letters = shapes.read(shape, sys.stdin.buffer.read(), House(tuple(addresses.split()), host, checked_by))
    except shapes.Unknown:
        return UNKNOWN
    sys.stdout.write(json.dumps([letter.fields() for letter in letters]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
