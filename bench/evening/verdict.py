"""What the journals of an evening say, counted without the product: deliveries, what was lost, what was promised."""

import json
import statistics
from bisect import bisect_right
from collections import Counter, defaultdict
from pathlib import Path

PROMISE = 30 * 60
SURE = 1.0
"""Seconds before somebody leaves a page after which a message need not have reached it."""


def read(path: Path) -> list:
    with open(path) as lines:
        return [json.loads(line) for line in lines]


class Journal:
    """The journals of a folder: `people` (facts, those of real browsers too), `filled` (the neighbour line's messages), `arrived` (its pages)."""

    def __init__(self, folder: Path):
        self.people, self.filled, self.arrived = (
            read(folder / f"{name}.jsonl") for name in ("people", "filled", "pages")
        )
        if (seen := folder / "seen.jsonl").exists():
            self.people += read(seen)
        self.accepted = [fact for fact in self.people if fact["event"] == "accepted"]
        self.erased = {fact["conversation"]: fact["at"] for fact in self.people if fact["event"] == "erased"}

    def rate(self, start: float, end: float) -> dict[str, float]:
        """Messages a second, by who wrote them."""
        counted = Counter(fact["side"] for fact in self.accepted if start <= fact["at"] < end)
        counted["filled"] = sum(start <= row[3] < end for row in self.filled)
        return {who: number / (end - start) for who, number in counted.items()}

    # --- from one side to the other

    def pages_delays(self) -> list[tuple[float, float]]:
        """(instant, milliseconds from just before COMMIT was sent to the page) of each message of the neighbour line."""
        sent = {(row[1], row[0]): row[4] for row in self.filled}
        return [(now / 1e9, (now - sent[pk, seq]) / 1e6) for pk, seq, now in self.arrived if (pk, seq) in sent]

    def people_delays(self) -> list[tuple[float, float]]:
        """(instant, milliseconds from the message's own instant, before its transaction, to the other side's open page)."""
        sides = {fact["page"]: fact["side"] for fact in self.people if fact["event"] == "page"}
        arrived = [fact for fact in self.people if fact["event"] == "arrived" and fact["side"] in ("young", "staff")]
        # What was written before the page's stream was back is not a delay of the site.
        known = {(fact["conversation"], fact["seq"]) for fact in self.accepted}
        return [
            (fact["instant"] / 1e9, fact["instant"] / 1e6 - fact["written"] * 1000)
            for fact in arrived
            if sides[fact["page"]] != fact["side"] and (fact["conversation"], fact["seq"]) in known
        ]

    def missed(self) -> dict[str, list]:
        """{"lost": […], "twice": […]}, each an example in words. Every page, of either side, that was open when a message was accepted."""
        found = {"lost": [], "twice": []}
        seen = Counter((pk, seq) for pk, seq, _ in self.arrived)
        for row in self.filled:
            times = seen[row[1], row[0]]
            if times != 1:
                found["lost" if times == 0 else "twice"].append(
                    f"neighbour line, {row[1]} number {row[0]}: {times} times"
                )
        pages = {fact["page"]: fact | {"until": None} for fact in self.people if fact["event"] == "page"}
        arrived = Counter()
        for fact in self.people:
            if fact["event"] == "left":
                pages[fact["page"]]["until"] = fact["until"]
            elif fact["event"] == "arrived":
                arrived[fact["page"], fact["seq"]] += 1
        said = defaultdict(list)
        for fact in self.accepted:
            said[fact["conversation"]].append((fact["seq"], fact["at"]))
        for number, page in pages.items():
            for seq, at in said[page["conversation"]]:
                times = arrived[number, seq]
                due = page["last"] < seq and page["until"] is not None and at < page["until"] - SURE
                if due and not times and page["conversation"] not in self.erased:
                    found["lost"].append(f"{page['side']} page {number}, {page['conversation']} number {seq}")
        found["twice"] += [
            f"page {page} number {seq}: {times} times" for (page, seq), times in arrived.items() if times > 1
        ]
        return found

    def kept(self, rows: list) -> dict[str, list]:
        """{"lost", "twice", "unknown"}: what was accepted against what the database holds, by number and by words."""
        found = {"lost": [], "twice": [], "unknown": []}
        held = {(pk, seq): (side, token) for pk, seq, side, token in rows}
        words = Counter(token for *_, token in rows if token)
        accepted = [(fact["conversation"], fact["seq"], fact["side"], fact["token"]) for fact in self.accepted]
        accepted += [(row[1], row[0], row[2], row[6]) for row in self.filled]
        for pk, seq, side, token in accepted:
            if pk not in self.erased and held.get((pk, seq)) != (side, token):
                found["lost"].append(f"{pk} number {seq} [{token}]: the database has {held.get((pk, seq))}")
        found["twice"] = [f"[{token}] {times} times" for token, times in words.items() if times > 1]
        known = {token for *_, token in accepted}
        found["unknown"] = [
            f"{pk} number {seq} [{token}]" for pk, seq, _, token in rows if token and token not in known
        ]
        return found

    # --- the promise

    def closures(self) -> list[tuple[float, float]]:
        spans, begun = [], None
        for fact in self.people:
            if fact["event"] == "forced":
                if fact["state"] == "closed":
                    begun = fact["at"]
                elif begun:
                    spans.append((begun, fact["at"]))
                    begun = None
        return spans + ([(begun, float("inf"))] if begun else [])

    def waits(self, now: float) -> list[float | None]:
        """Seconds of opening time of each wait of the evening's line; infinity when it passed the promise unanswered, None when it has not."""
        reached = {}
        sides = {fact["page"]: fact["side"] for fact in self.people if fact["event"] == "page"}
        for fact in self.people:
            if fact["event"] == "arrived" and sides[fact["page"]] == "young":
                reached.setdefault((fact["conversation"], fact["seq"]), fact["instant"] / 1e9)
        talks, closures, found = defaultdict(list), self.closures(), []
        for fact in sorted(self.accepted, key=lambda fact: fact["seq"]):
            talks[fact["conversation"]].append(fact)
        for fact in self.people:
            if fact["event"] == "declined":
                # Their no brings them back to us: they wait again.
                said = talks[fact["conversation"]]
                said.insert(bisect_right([one["at"] for one in said], fact["at"]), fact | {"side": "young"})

        def opened(since: float, until: float) -> float:
            return until - since - sum(max(0.0, min(until, end) - max(since, start)) for start, end in closures)

        for conversation, said in talks.items():
            since = None
            for fact in said:
                if fact["side"] == "young" and since is None:
                    since = (fact["sent"] + fact["at"]) / 2
                elif fact["side"] == "staff" and since is not None:
                    found.append(opened(since, min(fact["at"], reached.get((conversation, fact["seq"]), fact["at"]))))
                    since = None
            if since is not None:
                found.append(float("inf") if opened(since, self.erased.get(conversation, now)) > PROMISE else None)
        return found


def cell(waits: list[float | None]) -> dict:
    """As `/promesse` counts: answered or too long, within, pending, and the ranks in seconds."""
    ranked = sorted(wait for wait in waits if wait is not None)
    return {
        "number": len(ranked),
        "within": sum(wait < PROMISE + 1 for wait in ranked),
        "pending": len(waits) - len(ranked),
        "median": _ranked(ranked, 5),
        "ninth": _ranked(ranked, 9),
    }


def _ranked(ranked: list[float], tenths: int):
    if not ranked:
        return None
    value = ranked[-(-len(ranked) * tenths // 10) - 1]
    return "never" if value == float("inf") else value


def differences(own: dict, theirs: dict | None, name: str) -> list[str]:
    """In words. Counts are exact; ranks may differ by a second: the product cuts a wait to whole seconds, and answers travel."""
    if theirs is None:
        return [f"{name} knows no wait" for _ in range(bool(own["number"] or own["pending"]))]
    found = []
    for key, value in own.items():
        other = "never" if theirs[key] == 2_147_483_647 else theirs[key]
        near = isinstance(value, float) and isinstance(other, int) and abs(value - other - 0.5) <= 1.0
        if value != other and not near:
            found.append(
                f"{key}: the journal says {value if isinstance(value, str | None) else round(value, 1)}, {name} says {other}"
            )
    return found


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[18] if len(values) > 1 else (values or [0.0])[0]


def shares(values: list[float]) -> str:
    """« p50 3.1, p99 20.4, worst 31.0 »."""
    if len(values) < 2:
        return "too few"
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return f"p50 {cuts[49]:.1f}, p99 {cuts[98]:.1f}, worst {max(values):.0f} ms of {len(values)}"
