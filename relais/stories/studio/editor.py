"""The captions editor: rows as typed, the cues they make, and saving them with the other words that go with a file.

What cannot be read stays as it was typed, with a sentence.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from relais.accounts.models import User
from relais.foundation import meanwhile

from ..models import Story
from . import services
from .captions import LAST, MOST, Cue, plain

CLOCK = re.compile(r"^(?:(\d{1,2})\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,2})(?:\s*[.,]\s*(\d{1,3}))?$", re.ASCII)
SECONDS = re.compile(r"^(\d{1,5})(?:\s*[.,]\s*(\d{1,3}))?$", re.ASCII)
EMPTY_ROWS = 3


@dataclass
class Row:
    start: str = ""
    end: str = ""
    text: str = ""
    error: str = ""


def clock(milliseconds: int) -> str:
    """« 1:02,500 »: minutes, seconds, thousandths."""
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 60}:{seconds % 60:02d},{thousandths:03d}"


def read_clock(text: str) -> int:
    """Milliseconds of « 1:02,5 », « 0:01:02.500 » or « 62,5 ». Raises ValueError."""
    text = text.strip()
    if found := CLOCK.match(text):
        hours, minutes, seconds, fraction = found.groups()
    elif found := SECONDS.match(text):
        (seconds, fraction), hours, minutes = found.groups(), 0, 0
    else:
        raise ValueError(text)
    return ((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int((fraction or "0").ljust(3, "0"))


def rows_of(cues: Iterable[Cue]) -> list[Row]:
    return [Row(clock(cue.start_ms), clock(cue.end_ms), cue.text) for cue in cues]


def rows_from(starts: list[str], ends: list[str], texts: list[str]) -> list[Row]:
    """The rows of a form, three lists of one length; those with no text are the removed ones."""
    rows = [
        Row(start.strip(), end.strip(), plain(text.replace("\r", "")))
        for start, end, text in zip(starts, ends, texts, strict=False)
    ]
    return [row for row in rows if row.text]


def cues_from(rows: list[Row]) -> list[Cue] | None:
    """The cues, in order of time; None when a row cannot be read, whose `error` then says why."""
    cues = []
    for row in rows:
        try:
            start, end = read_clock(row.start), read_clock(row.end)
        except ValueError:
            row.error = "Un temps s’écrit en minutes et secondes : 0:04,5."
            continue
        if end <= start:
            row.error = "Ce sous-titre finit avant de commencer."
        elif end > LAST:
            row.error = "Ce temps dépasse une journée."
        cues.append(Cue(start, end, row.text))
    if len(rows) > MOST:
        rows[-1].error = f"Il y a {len(rows)} sous-titres : {MOST} au plus."
    return None if any(row.error for row in rows) else sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


@transaction.atomic
def save(
    *, story: Story, user: User, seen: str, cues: list[Cue], transcript: str, image_description: str, now: datetime
) -> Story:
    """Write the words of a video or a sound. `seen` is the fingerprint of what they were shown (`services.told_words`).

    Raises ChangedMeanwhile, WrongState.
    """
    held = services.locked(story)
    kept = [{"start": cue.start_ms, "end": cue.end_ms, "text": cue.text} for cue in cues]
    if (held.cues, held.transcript, held.image_description) == (kept, transcript, image_description):
        return held
    meanwhile.refuse_if_changed(seen, services.told_words(held), unsaid=services.UNSAID)
    held = services.opened_for_change(story, user, now=now)
    held.cues, held.transcript, held.image_description = kept, transcript, image_description
    held.save(update_fields=["cues", "transcript", "image_description"])
    return held
