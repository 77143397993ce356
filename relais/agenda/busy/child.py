"""The process that reads the calendar of a stranger: the file on its standard input, the hours taken on its standard output.

python -m relais.agenda.busy.child SINCE UNTIL CLOCK OUR-HOST
"""

import json
import sys

from relais.foundation.confined import Limits, confine

CONFINED = Limits(memory=1_000_000_000, processor_seconds=30, file=0, open_files=64)
"""More than the time that `expanding` allows itself: this ends what no signal interrupts."""
UNKNOWN, TOO_MANY = 3, 4
"""How this process ends when what it read is no whole calendar, and when it holds more than anybody's."""


def main(words: list[str]) -> int:
    parent, since, until, clock, host = words
    confine(int(parent), CONFINED)

    from . import expanding

    try:
        window = expanding.Window(int(since), int(until), clock, host)
        taken = expanding.read(sys.stdin.buffer.read(), window)
    except expanding.NoCalendar:
        return UNKNOWN
    except expanding.TooMany:
        return TOO_MANY
    sys.stdout.write(json.dumps({"spans": taken.spans, "unread": taken.unread}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
