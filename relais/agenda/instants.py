"""How an instant of a place is said, and typed: one source for the page, the letter, the SMS and the calendar file.

What happens at a place is read on the clock of that place, whoever reads it and from wherever; a clock that is not that of Paris is named.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from relais.foundation.jinja import clock, day

CLOCKS = {
    "America/Guadeloupe": "de Guadeloupe",
    "America/Martinique": "de Martinique",
    "America/Cayenne": "de Guyane",
    "Indian/Reunion": "de La Réunion",
    "Indian/Mayotte": "de Mayotte",
    "America/Miquelon": "de Saint-Pierre-et-Miquelon",
    "America/St_Barthelemy": "de Saint-Barthélemy",
    "America/Marigot": "de Saint-Martin",
    "Pacific/Noumea": "de Nouvelle-Calédonie",
    "Pacific/Tahiti": "de Tahiti",
    "Pacific/Marquesas": "des Marquises",
    "Pacific/Gambier": "des Gambier",
    "Pacific/Wallis": "de Wallis-et-Futuna",
}


class NoSuchHour(ValueError):
    """The clocks go forward over it: on that day this hour does not exist there."""


def clock_name(zone: ZoneInfo) -> str:
    """« heure de La Réunion »; '' on the clock of Paris, which needs no name."""
    return f"heure {CLOCKS[zone.key]}" if zone.key in CLOCKS else ""


def spoken(at: datetime, zone: ZoneInfo, *, named: bool = True) -> str:
    """« lundi 3 mars à 14 h 05 (heure de La Réunion) »; not `named` where the page has said once whose hours these are."""
    name = clock_name(zone) if named else ""
    return f"{day(at, zone)} à {clock(at, zone)}{f' ({name})' if name else ''}"


def at_place(naive: datetime, zone: ZoneInfo) -> datetime:
    """What a clock of `zone` showed, as an instant; of an hour that comes twice, the first. Raises NoSuchHour."""
    naive = naive.replace(second=0, microsecond=0, fold=0)
    at = naive.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None, fold=0) != naive:
        raise NoSuchHour(naive)
    return at
