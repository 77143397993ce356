"""What is answered at once to words that bear signs of danger: one reading and one choice of numbers, whichever box they were typed in.

The chat, the search, the guide, a question under a story: all of them ask here, and all show components/help_now.html.
"""

import logging
from collections.abc import Iterable
from itertools import zip_longest
from typing import NamedTuple

from relais.foundation.help import HelpNumber, help_lines

from . import detection

log = logging.getLogger(__name__)
UNREAD = "unread"
"""The kind told when the detection itself failed: a human reads, and numbers are shown, all the same."""
LAST_RESORT = ("15", "112", "114")
FEW = 4


class Reading(NamedTuple):
    """The kinds of danger that a text bears (codes of safeguarding.detection), the most pressing first."""

    kinds: list[str]
    is_urgent: bool = False


def read(text: str) -> Reading:
    """Never raises. What was written stays out of the logs."""
    try:
        found = sorted(detection.danger(text), key=lambda one: (one.level != detection.URGENT, one.start))
        return Reading(
            list(dict.fromkeys(one.kind for one in found)), any(one.level == detection.URGENT for one in found)
        )
    except Exception:
        log.exception("Looking for signs of danger failed; what was written is taken for a danger")
        return Reading([UNREAD])


def numbers_for(kinds: Iterable[str]) -> list[HelpNumber]:
    """The help numbers that fit these kinds, FEW at most."""
    known = detection.kinds()
    # The first number of each kind before the second of any: whoever is in danger reads few lines.
    ranks = zip_longest(*(known.get(kind, LAST_RESORT) for kind in dict.fromkeys(kinds)))
    return help_lines(number for rank in ranks for number in rank if number)[:FEW]


def help_for(text: str) -> list[HelpNumber]:
    """The help numbers to show above whatever else is answered to `text`; none where nothing in it is a sign of danger."""
    return numbers_for(read(text).kinds)


def as_data(lines: Iterable[HelpNumber]) -> list[dict]:
    """The same for programs: [{"number", "name", "hours", "url"}], `url` being tel: or sms:."""
    return [{"number": line.number, "name": line.name, "hours": line.hours, "url": line.address} for line in lines]
