"""Histories of events, plausible and not: figures have to be counted the same way whatever the log holds."""

import random
import uuid
from datetime import timedelta

from relais.foundation.models import EventRecord
from relais.handovers.models import OutcomeCode

KINDS = [kind.value for kind in OutcomeCode]


def event(name, at, *, touch="", subject=None, **data):
    return EventRecord(at=at, name=name, touch=touch, subject=subject, data=data)


def write(*events):
    return EventRecord.objects.bulk_create(events)


def life(at, *, touch="", seconds=600, until="outcome", kind="training", line=1):
    """One conversation that goes as it should, up to the step `until`; returns (subject, events)."""
    subject = uuid.uuid4()
    steps = [
        ("conversation.opened", {"open_line": True, "line": line}),
        ("wait.started", {}),
        ("conversation.answered", {"seconds": seconds, "kept": seconds <= 1800, "first": True}),
        ("handover.proposed", {}),
        ("handover.sent", {}),
        ("handover.accepted", {"seconds": 60}),
        ("outcome.recorded", {"kind": kind, "again": False}),
    ]
    names = [name.split(".")[0 if name.startswith("outcome") else 1] for name, _ in steps]
    kept = steps[: names.index(until) + 1]
    return subject, [
        event(name, at + timedelta(minutes=n), touch=touch, subject=subject, **data)
        for n, (name, data) in enumerate(kept)
    ]


def anything(seed, *, touches, now, conversations=120):
    """A log of random steps in random order: duplicates, steps without the one before, equal dates, unknown codes."""
    dice = random.Random(seed)
    codes = [*touches, "", "XXXXX"]
    events = [
        event("touch.followed", now - timedelta(hours=dice.randrange(24 * 500)), touch=dice.choice(codes))
        for _ in range(200)
    ]
    names = [
        "wait.started",
        "conversation.answered",
        "conversation.closed",
        "promise.broken",
        "promise.alerted",
        "outcome.recorded",
    ]
    names += [
        f"handover.{step}"
        for step in (
            "proposed",
            "declined",
            "sent",
            "sent",
            "opened",
            "accepted",
            "refused",
            "returned",
            "withdrawn",
            "stopped",
        )
    ]
    names += [
        *["outcome.recorded", "follow-up.asked"] * 2,
        "handover.checked",
        "handover.told",
        "conversation.rerouted",
        *(f"appointment.{step}" for step in ("chosen", "held", "missed")),
    ]
    for _ in range(conversations):
        subject, touch = uuid.UUID(int=dice.getrandbits(128)), dice.choice(codes)
        at = now - timedelta(hours=dice.randrange(24 * 500))
        own = [
            event(
                "conversation.opened",
                at,
                touch=touch,
                subject=subject,
                open_line=True,
                **({"line": dice.randrange(1, 4)} if dice.random() < 0.9 else {}),
            )
        ]
        if dice.random() < 0.1:
            own.append(
                event(
                    "conversation.opened",
                    at + timedelta(days=40),
                    touch=dice.choice(codes),
                    subject=subject,
                    open_line=False,
                )
            )
        for _ in range(dice.randrange(14)):
            name, data = dice.choice(names), {}
            if name == "conversation.answered":
                data = {
                    "seconds": dice.choice([0, 30, 1799, 1800, 1801, dice.randrange(9000)]),
                    "kept": True,
                    "first": dice.random() < 0.5,
                }
            elif name == "outcome.recorded":
                data = {"kind": dice.choice(KINDS), "again": dice.random() < 0.5}
                if dice.random() < 0.8:
                    # Rows from before milestones were counted say nothing of one.
                    data |= {
                        "milestone": dice.choice([0, 3, 6, 12]),
                        "said": dice.choice(["young", "staff", "partner"]),
                    }
            elif name == "follow-up.asked":
                data = {"milestone": dice.choice([0, 3, 6, 12])}
            elif name == "handover.checked":
                data = {"known": dice.choice(["unknown", "known", "accompanied", "unsure"])}
            elif name == "conversation.rerouted":
                data = {"line": dice.randrange(1, 5), "before": 1, "why": "hand"}
            elif name == "handover.told":
                data = {"again": dice.random() < 0.5}
            own.append(event(name, at + timedelta(hours=dice.randrange(6)), touch=touch, subject=subject, **data))
        events += own
    dice.shuffle(events)
    return events
