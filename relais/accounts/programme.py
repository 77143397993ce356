"""What administrators of the host decide about the jobs that run by themselves. Each decision leaves its trace."""

from collections.abc import Mapping
from datetime import datetime, time

from django.db import transaction
from django.shortcuts import get_object_or_404

from relais.foundation import meanwhile, schedule
from relais.foundation.models import Days, Run, Schedule
from relais.foundation.refusals import NotAllowed

from .models import User
from .permissions import record_access

KIND = "schedule"


def told(row: Schedule) -> dict[str, str]:
    """What the form of a job shows, {what it is called: how it reads}."""
    asks = schedule.job_of(row).asks
    words = {
        "Se fait toute seule": "oui" if row.is_on else "non",
        "Heure": said(row.hour),
        "Jours": Days(row.days).label,
    }
    return words | ({asks.label: "\n".join(row.given)} if asks else {})


def said(hour: time) -> str:
    """« 3 h 20 »."""
    return f"{hour.hour}\u00a0h\u00a0{hour.minute:02d}"


@transaction.atomic
def change(*, actor: User, job: str, values: Mapping[str, object], seen: str, now: datetime) -> Schedule:
    """Set when a job runs, and on what. `seen`: the fingerprint of what was `told`. Raises ChangedMeanwhile, NotAcceptable."""
    row = _locked(actor, job)
    before = told(row)
    meanwhile.refuse_if_changed(seen, before)
    after = told(schedule.change(row, **values, now=now))
    if changed := [name for name in after if after[name] != before[name]]:
        # What a job is given may be an address that opens something, with its key: that it changed is enough.
        asks = schedule.job_of(row).asks
        words = (name.lower() if asks and name == asks.label else f"{name.lower()} : {after[name]}" for name in changed)
        record_access(actor, "change", KIND, job, ", ".join(words), now=now)
    return row


@transaction.atomic
def run_now(*, actor: User, job: str, now: datetime) -> Run:
    """Have a job run as soon as the worker is free. Raises AlreadyThere, NotAcceptable."""
    run = schedule.ask(_locked(actor, job), by=actor.pk, now=now)
    record_access(actor, "run", KIND, job, now=now)
    return run


def _locked(actor: User, job: str) -> Schedule:
    if not actor.administers_all():
        raise NotAllowed("Seules les personnes qui font tourner l’installation changent son programme.")
    return get_object_or_404(schedule.known().select_for_update(), job=job)
