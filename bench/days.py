"""1,000 simulated days of arrivals: closures, holidays, changes of clock, supervisors who close at once, clocks that stop and start.

An oracle that shares nothing with the answer line (one list of open minutes, French holidays by the computus) says which alarms
and which breaches there must have been; the event log says which there were.
"""

import json
import sys
from bisect import bisect_right
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from time import monotonic
from uuid import UUID
from zoneinfo import ZoneInfo

import django

from bench.house import House, Line
from relais.coaching.line import changed_hours

DAYS, SEED, BOUND = 1000, 20261122, 60
PARIS = ZoneInfo("Europe/Paris")
FIRST = date(2026, 1, 1)
WEEK = {
    0: [(9, 12), (14, 18)],
    1: [(9, 18)],
    2: [(9, 12), (14, 18)],
    3: [(9, 18)],
    4: [(9, 17)],
    5: [(10, 13)],
    6: [(1, 5)],
}
"""Hours by weekday. Sunday's night holds the changes of clock."""
CLOSURES = [(date(2026, 8, 3), date(2026, 8, 16)), (date(2027, 12, 24), date(2028, 1, 2))]
STEPS = {"promise.alerted": 15, "promise.escalated": 25, "promise.oncalled": 28, "promise.broken": 30}
MINUTE = timedelta(minutes=1)


def run(house: House):
    told = house.ask("bench.days", "live")
    wrong = told["missed"] + told["double"] + told["invented"] + told["unrecorded"]
    detail = (
        f"{told['waits']} waits, {told['turns']} turns of the clock, {told['stops']} cut in the middle; {told['alarms']} alarms: {told['missed']} "
        f"missed, {told['double']} double, {told['invented']} too many; {told['breaches']} breaches, {told['unrecorded']} not recorded"
    )
    yield Line(f"promise, {DAYS} simulated days", f"{wrong} wrong", "0", wrong == 0, detail)
    yield Line("promise, seconds to live them", f"{told['seconds']:.0f} s", f"{BOUND} s", told["seconds"] <= BOUND)


# ---- The oracle


def holidays(year: int) -> set[date]:
    """Gregorian computus (Meeus), and the eleven holidays of the Code du travail, L3133-1."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    easter = date(year, month, day + 1)
    moving = {easter + timedelta(days=days) for days in (1, 39, 50)}
    return moving | {
        date(year, *one) for one in ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
    }


def open_minutes(decisions: list[tuple[int, int, bool]]) -> list[int]:
    """Every minute, counted from FIRST in UTC, at which somebody is there. `decisions`: (from, until, open)."""
    off = {day for year in range(2025, 2030) for day in holidays(year)}
    off |= {first + timedelta(days=n) for first, last in CLOSURES for n in range((last - first).days + 1)}
    start, found = datetime.combine(FIRST, time(), UTC), []
    for quarter in range((DAYS + 30) * 96):
        local = (start + quarter * 15 * MINUTE).astimezone(PARIS)
        hour = local.hour + local.minute / 60
        if local.date() not in off and any(opens <= hour < closes for opens, closes in WEEK[local.weekday()]):
            found.extend(range(15 * quarter, 15 * quarter + 15))
    minutes = set(found)
    for begins, ends, is_open in decisions:
        minutes = minutes | set(range(begins, ends)) if is_open else minutes - set(range(begins, ends))
    return sorted(minutes)


class Oracle:
    def __init__(self, decisions):
        self.open = open_minutes(decisions)

    def due(self, since: int, after: int) -> int:
        """The minute at whose start `after` minutes of opening have passed since the start of minute `since`."""
        return self.open[bisect_right(self.open, since - 1) + after - 1] + 1


def plan(dice: Random) -> tuple[list[dict], list[tuple[int, int, bool]], list[float]]:
    """Arrivals with their answers, decisions of supervisors, instants (minutes) at which a clock turns."""
    decisions = []
    for day in sorted(dice.sample(range(5, DAYS - 5), 40)):
        begins = day * 1440 + dice.randrange(6 * 60, 17 * 60)
        decisions.append((begins, begins + dice.randrange(20, 240), dice.random() < 0.4))
    waits = []
    for day in range(DAYS):
        for number in range(dice.choice([0, 1, 1, 2])):
            begins = day * 1440 + (dice.randrange(8 * 60, 18 * 60) if dice.random() < 0.6 else dice.randrange(1440))
            delay = dice.choice(
                [
                    dice.randrange(1, 14),
                    dice.randrange(14, 40),
                    dice.randrange(40, 3000),
                    dice.randrange(3000, 30_000) if number or day % 10 else None,
                ]
            )
            waits.append({"begins": begins, "ends": begins + delay if delay else None})
    # Half past the minute, when nothing else happens: now and then, and just before and just after one deadline of each wait.
    oracle, turns, at = Oracle(decisions), [], 0.5
    while at < DAYS * 1440:
        at += dice.choice([480, 720, 1440, 4320])
        turns.append(at)
    for wait in waits:
        due = oracle.due(wait["begins"], dice.choice(list(STEPS.values())))
        turns += [due - 0.5, due + 0.5]
    return waits, decisions, sorted(set(turns))


# ---- The answer line, lived


def live() -> dict:
    from django.db import connection

    from relais.accounts.services import ensure_demo_people
    from relais.coaching import models as coaching
    from relais.coaching.models import LineClosure, OpeningWindow

    dice, started = Random(SEED), monotonic()
    with connection.cursor() as cursor:
        # Days are simulated here, not power cuts.
        cursor.execute("SET synchronous_commit = off")
    start = datetime.combine(FIRST, time(), UTC)
    people = ensure_demo_people(now=start)
    line = coaching.Line.objects.create(
        slug="mille-jours",
        name="Mille jours",
        organisation=people["mediator"].memberships.get().organisation,
        oncall_email="astreinte@exemple.invalid",
    )
    OpeningWindow.objects.bulk_create(
        OpeningWindow(line=line, weekday=day, opens=time(opens), closes=time(closes))
        for day, spans in WEEK.items()
        for opens, closes in spans
    )
    LineClosure.objects.bulk_create(LineClosure(line=line, first=first, last=last) for first, last in CLOSURES)
    waits, decisions, turns = plan(dice)
    steps = [(wait["begins"], 1, "write", wait) for wait in waits] + [
        (wait["ends"], 2, "answer", wait) for wait in waits if wait["ends"]
    ]
    steps += [(one[0], 0, "decide", one) for one in decisions] + [(at, 3, "turn", None) for at in turns]
    stops = 0
    for minute, _, what, one in sorted(steps, key=lambda step: step[:2]):
        now = start + minute * MINUTE
        if what == "write":
            _write(line.pk, one, dice, now)
        elif what == "answer":
            _answer(one, people["mediator"], dice, now)
        elif what == "decide":
            ends, state = start + one[1] * MINUTE, "open" if one[2] else "closed"
            changed_hours.open_or_close_now(
                line=line, user=people["supervisor"], state=state, until=ends, message="", now=now
            )
            changed_hours.apply(now)
        else:
            stops += _turn(dice, now)
    return _judge(waits, decisions, turns, start) | {
        "turns": len(turns),
        "stops": stops,
        "seconds": monotonic() - started,
    }


def _write(line, wait, dice, now) -> None:
    from relais.coaching import services
    from relais.coaching.models import Line

    key = UUID(int=dice.getrandbits(128), version=4)
    options = {"pseudonym": "Geai", "commune": None, "touch": "", "body": "?", "key": key, "now": now}
    wait["conversation"] = services.open_conversation(line=Line.objects.get(pk=line), **options).conversation.pk


def _answer(wait, mediator, dice, now) -> None:
    from relais.coaching import services
    from relais.coaching.models import Conversation

    conversation = Conversation.objects.get(pk=wait["conversation"])
    services.claim(conversation=conversation, user=mediator, now=now)
    services.reply(
        conversation=conversation, user=mediator, body="Oui", key=UUID(int=dice.getrandbits(128), version=4), now=now
    )


def _turn(dice, now) -> bool:
    """One turn of the clock; one in fifty dies in the middle of a deadline, and another process takes over at once."""
    from unittest.mock import patch

    from relais.coaching.line import clock
    from relais.coaching.thread import promise

    class Died(Exception):
        pass

    def die(*_):
        raise Died

    died = False
    if dice.random() < 0.02:
        try:
            with patch.object(promise, "_show", die):
                clock.turn(now)
        except Died:
            died = True
    clock.turn(now)
    return died


def _judge(waits, decisions, turns, start) -> dict:
    from relais.foundation.models import EventRecord

    oracle, told = Oracle(decisions), Counter()
    log = {}
    for subject, name in EventRecord.objects.filter(name__in=STEPS).values_list("subject", "name"):
        log.setdefault(subject, Counter())[name] += 1
    for wait in waits:
        seen = log.get(wait["conversation"], Counter())
        turn = turns[-1] if wait["ends"] is None else turns[bisect_right(turns, wait["ends"]) - 1]
        for name, after in STEPS.items():
            due = oracle.due(wait["begins"], after)
            # A late answer records the breach itself; the other steps need a turn of the clock while the person waits.
            expected = turn >= due or (name == "promise.broken" and wait["ends"] is not None and wait["ends"] > due)
            kind = ("breaches", "unrecorded") if name == "promise.broken" else ("alarms", "missed")
            told[kind[0]] += expected
            told[kind[1]] += expected and not seen[name]
            told["double"] += max(0, seen[name] - 1)
            told["invented"] += bool(seen[name] and not expected)
    names = ("alarms", "missed", "double", "invented", "breaches", "unrecorded")
    return {"waits": len(waits)} | {name: told[name] for name in names}


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    print(json.dumps({"live": live}[sys.argv[1]]()))
