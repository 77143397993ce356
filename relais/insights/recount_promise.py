"""The promise counted a second time, another way: the log is read row by row and replayed, nothing is grouped by the database.

Nothing is shared with `promised` but the names. See `recount`.
"""

import json
from collections import defaultdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from . import promised
from .recount import read_log

_LOG = """SELECT subject, name, at, data FROM foundation_event WHERE subject IS NOT NULL
    AND name IN ('wait.started', 'conversation.answered', 'promise.broken', 'conversation.merged', 'conversation.rerouted') ORDER BY at, id"""


def replay(first: tuple[int, int], now: datetime) -> dict:
    """{(year, month) or line: {"number", "within", "pending", "median", "ninth"}}, also of both (year, month, line), of the waits from month `first` until `now`.

    Seconds; "never" where a wait broke the promise and got no answer. Cells of no wait are absent.
    """
    running, over = {}, []
    for subject, name, at, data in read_log(_LOG):
        if name == "wait.started":
            running[subject] = {
                "since": at.astimezone(UTC),
                "line": _data(data).get("line"),
                "answer": None,
                "broken": False,
                "moved": False,
                "by": None,
            }
            over.append(running[subject])
        elif (wait := running.get(subject)) is None:
            continue
        elif name == "conversation.answered" and wait["answer"] is None:
            wait["answer"] = int(_data(data)["seconds"])
        elif name == "promise.broken":
            wait["by"] = wait["by"] if wait["broken"] else _data(data).get("line")
            wait["broken"] = True
        elif name == "conversation.rerouted":
            wait["line"] = _data(data)["line"]
        elif name == "conversation.merged":
            wait["moved"] = True
    cells = defaultdict(list)
    for wait in over:
        local = wait["since"].astimezone(ZoneInfo(settings.TIME_ZONE))
        if wait["since"] < now and (local.year, local.month) >= first:
            cells[local.year, local.month].append(wait)
            line = wait["line"] if wait["by"] is None else wait["by"]
            cells[line].append(wait)
            cells[local.year, local.month, line].append(wait)
    return {cell: told for cell, waits in cells.items() if (told := _told(waits))}


def _data(data) -> dict:
    return json.loads(data) if isinstance(data, str) else data


def _told(waits: list[dict]) -> dict | None:
    answered = sorted(wait["answer"] for wait in waits if wait["answer"] is not None)
    never = sum(wait["answer"] is None and wait["broken"] for wait in waits)
    pending = sum(wait["answer"] is None and not wait["broken"] and not wait["moved"] for wait in waits)
    number = len(answered) + never
    if not number and not pending:
        return None
    ranked = answered + ["never"] * never
    return {
        "number": number,
        "within": len([one for one in answered if one <= 30 * 60]),
        "pending": pending,
        "median": _ranked(ranked, 5),
        "ninth": _ranked(ranked, 9),
    }


def _ranked(ranked: list, tenths: int):
    """The first value that at least so many tenths of the waits do not pass."""
    return ranked[-(-len(ranked) * tenths // 10) - 1] if ranked else None


def compare(now: datetime) -> tuple[list[str], int]:
    """The two counts side by side: (differences, one sentence each; how many months and lines were compared)."""
    counted = promised.count(now)
    start = promised.months(now)[0]
    second = replay((start.year, start.month), now)
    cells = {(month.year, month.month): cell for month, cell in counted.months.items()} | counted.lines
    cells |= {(month.year, month.month, line): cell for (month, line), cell in counted.cells.items()}
    empty = {"number": 0, "within": 0, "pending": 0, "median": None, "ninth": None}
    differences = [f"promise, {cell}: only the recount knows it" for cell in second.keys() - cells.keys()]
    for cell, kept in cells.items():
        told = {name: "never" if getattr(kept, name) == promised.NEVER else getattr(kept, name) for name in empty}
        if told != (other := second.get(cell, empty)):
            differences.append(f"promise, {cell}: figures say {told}, the recount says {other}")
    return differences, len(cells)
