"""Once a day the broom of the house follows its rules (`foundation/retention`); what it did is written down here."""

from datetime import datetime, timedelta

from relais.foundation import retention

from ..models import RetentionRun

EVERY = timedelta(days=1)


def is_due(now: datetime) -> bool:
    """Once a day."""
    return not RetentionRun.objects.filter(is_dry=False, at__gt=now - EVERY).exists()


def sweep(now: datetime, *, dry: bool = False) -> RetentionRun:
    """One turn: announce, erase, report. `dry` changes nothing and counts what would go. Safe in two processes at once."""
    return RetentionRun.objects.create(at=now, is_dry=dry, counts=retention.sweep(now, dry=dry))


def not_erased() -> list[str]:
    """What the last turn could not erase, or not all of it: a name for each, as people read it."""
    last = RetentionRun.objects.filter(is_dry=False).order_by("-at", "-id").first()
    faulty = (
        {slug for slug, count in last.counts.items() if slug != "announced" and count.get("failed")} if last else set()
    )
    named = [rule.what for rule in retention.rules() if rule.slug in faulty]
    return named + [one.what for one in retention.stays() if not faulty.isdisjoint(one.trims)]
