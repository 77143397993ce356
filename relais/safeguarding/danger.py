"""Danger files: from the first worry to a recorded decision, never by one person alone, and nothing sent by the program.

Each function is one transaction that locks the file; a step out of order raises WrongState. The files outlive what they are
about: what is needed later is written in them.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from relais.accounts.models import User
from relais.accounts.scope import answerable, people
from relais.foundation import claims, codes, letters, states
from relais.foundation.events import record
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.foundation.subjects import Subject
from relais.foundation.two_eyes import second_person

from . import watched
from .events import (
    DangerFileClosed,
    DangerFileDecided,
    DangerFileLate,
    DangerFileOpened,
    DangerFileReadTwice,
    DangerFileSent,
)
from .models import TEAM, DangerEntry, DangerFile
from .watched import Watched

KIND = "dangerfile"
SECOND_READING = timedelta(hours=1)
NOT_ALONE = "La deuxième lecture est faite par quelqu’un d’autre que vous, de votre équipe."
PASSED_ON = {DangerFile.Decision.CRIP, DangerFile.Decision.PROSECUTOR}
"""Decisions that somebody then carries out by hand: a file is not closed before it is noted to whom and when."""
State, Level, Decision, Parents = DangerFile.State, DangerFile.Level, DangerFile.Decision, DangerFile.Parents

OPENED, ADDED, CALLED, READ, DECIDED, SENT, CLOSED, LATE = (
    "opened",
    "added",
    "called",
    "read-twice",
    "decided",
    "sent",
    "closed",
    "late",
)
ACTIONS = {
    OPENED: "Dossier ouvert",
    ADDED: "Fait ajouté",
    CALLED: "Appel passé",
    READ: "Deuxième lecture",
    DECIDED: "Décision",
    SENT: "Transmission notée",
    CLOSED: "Dossier clos",
    LATE: "Deuxième lecture en retard",
}


def readers(organisation_id, *, but: User | None = None) -> QuerySet:
    """Who may read a file a second time: mediators and supervisors of the organisation."""
    team = people(organisation_id, *TEAM).order_by("display_name", "email")
    return team.exclude(pk=but.pk) if but else team


@transaction.atomic
def open_file(
    *, subject: Subject, user: User, level: str, facts: str, second_reader: User, now: datetime, key: UUID | None = None
) -> DangerFile:
    """Write down a worry and ask a colleague to read it within the hour. Sent twice (`key`), it is one file.

    Raises SecondPersonNeeded, NotAcceptable.
    """
    subject = Watched.of(subject.kind).locked_for(subject.pk, user)
    if key and (already := DangerFile.objects.about(subject.kind, subject.pk).filter(pk=key, opened_by=user).first()):
        return already
    organisation = subject.organisation_id
    second_person(user, second_reader, says=NOT_ALONE)
    if second_reader not in readers(organisation):
        raise NotAcceptable(NOT_ALONE)
    file = DangerFile.objects.create(
        pk=key or uuid4(),
        subject_kind=subject.kind,
        subject_id=subject.pk,
        organisation_id=organisation,
        level=level,
        facts=facts,
        opened_by=user,
        opened_at=now,
        second_due_at=now + SECOND_READING,
        second_reader=second_reader,
    )
    _note(file, OPENED, user, now)
    record(DangerFileOpened(subject=file.pk, level=level.lower()), now=now)
    letters.send(
        "safeguarding/second_reading",
        to=second_reader.email,
        context={"file": file},
        key=f"danger:{file.pk}",
        now=now,
        organisation=organisation,
    )
    return file


@transaction.atomic
def add(*, file: DangerFile, user: User, text: str, is_call: bool, now: datetime) -> DangerEntry:
    """Note what was learnt or, at any moment, a call to the emergency services: nobody waits for a second reader to call."""
    held = _locked(file, user)
    if held.state == State.CLOSED:
        raise WrongState("Ce dossier est clos. Un fait nouveau ouvre un nouveau dossier.")
    return _note(held, CALLED if is_call else ADDED, user, now, text)


@transaction.atomic
def read_twice(*, file: DangerFile, user: User, level: str, opinion: str, now: datetime) -> DangerFile:
    """Somebody else than who opened it has read it, and confirms or changes its level."""
    held = _locked(file, user)
    second_person(user, held.opened_by_id, says="Vous avez ouvert ce dossier : quelqu’un d’autre doit le relire.")
    states.turn(held, State.READ_TWICE)
    held.second_reader, held.second_read_at, held.level = user, now, level
    held.save()
    _note(held, READ, user, now, f"Niveau {level}. {opinion}")
    record(
        DangerFileReadTwice(subject=held.pk, seconds=int((now - held.opened_at).total_seconds()), level=level.lower()),
        now=now,
    )
    return held


@transaction.atomic
def decide(
    *, file: DangerFile, user: User, decision: str, reasons: str, parents: str, parents_reason: str, now: datetime
) -> DangerFile:
    """What is done, why, and whether parents are told. Raises NotAcceptable when a reason is missing."""
    held = _locked(file, user)
    states.turn(held, State.DECIDED)
    if not reasons.strip():
        raise NotAcceptable("Écrivez les motifs de la décision.")
    if parents == Parents.NOT_TOLD and not parents_reason.strip():
        raise NotAcceptable(
            "Écrivez pourquoi les parents ne sont pas informés : la loi ne l’admet que dans l’intérêt de l’enfant."
        )
    if parents == Parents.NOT_APPLICABLE and _is_minor(held):
        raise NotAcceptable("Cette personne est mineure, ou n’a pas dit son âge : dites si ses parents sont informés.")
    held.decision, held.reasons, held.parents, held.parents_reason = decision, reasons, parents, parents_reason
    held.decided_by, held.decided_at = user, now
    held.save()
    _note(held, DECIDED, user, now, f"{held.get_decision_display()}. {reasons}")
    record(DangerFileDecided(subject=held.pk, decision=decision, parents=parents), now=now)
    return held


def _is_minor(file: DangerFile) -> bool:
    """Also when nobody knows any more: what it is about may be erased while the file waits."""
    subject = watched.find(file)
    return Watched.of(subject.kind).is_minor(subject) if subject else file.was_minor is not False


@transaction.atomic
def note_sent(
    *, file: DangerFile, user: User, sent_to: str, sent_at: datetime, receipt: str, now: datetime
) -> DangerFile:
    """Somebody passed it on by hand, after the decision, and says to whom, when, and what receipt came back (perhaps later)."""
    held = _locked(file, user)
    if held.state != State.DECIDED:
        raise WrongState("Notez d’abord la décision." if held.state != State.CLOSED else "Ce dossier est clos.")
    # The page gives minutes.
    if not sent_to.strip() or not held.opened_at.replace(second=0, microsecond=0) <= sent_at <= now:
        raise NotAcceptable("Dites à qui, et un moment entre l’ouverture du dossier et maintenant.")
    held.sent_to, held.sent_at, held.receipt = sent_to, sent_at, receipt
    held.save()
    _note(held, SENT, user, now, f"À {sent_to}. {receipt}")
    record(DangerFileSent(subject=held.pk), now=now)
    return held


@transaction.atomic
def close(*, file: DangerFile, user: User, now: datetime) -> DangerFile:
    """End it. At levels A and B by somebody else than who decided; never before what was decided is noted as done."""
    held = _locked(file, user)
    states.turn(held, State.CLOSED)
    if held.level != Level.C:
        second_person(
            user, held.decided_by_id, says="Vous avez pris la décision : une deuxième personne doit clore ce dossier."
        )
    if held.decision in PASSED_ON and held.sent_at is None:
        raise WrongState("La décision est de transmettre : notez d’abord à qui et quand.")
    held.closed_by, held.closed_at = user, now
    held.save()
    _note(held, CLOSED, user, now)
    record(DangerFileClosed(subject=held.pk), now=now)
    return held


def call_late(now: datetime) -> int:
    """Tell, once, of files that nobody has read a second time within the hour. Returns how many files."""
    late = DangerFile.objects.filter(state=State.OPEN, second_due_at__lt=now).exclude(entries__action=LATE)
    return claims.each(late.order_by("second_due_at").select_related("opened_by"), partial(_call, now=now)).done


def _call(held: DangerFile, *, now: datetime) -> None:
    _note(held, LATE, held.opened_by, now)
    record(DangerFileLate(subject=held.pk), now=now)
    # Whoever opened it cannot be the second to read it.
    told = answerable(held.organisation_id, but=held.opened_by_id)
    addresses = [person.email for person in told.people]
    readers = [held.second_reader.email] if held.second_reader and held.second_reader.is_working else []
    if told.unsupervised:
        # They do not read the file.
        _write_late(
            "second_late_elsewhere", held, [one for one in [*addresses, *_on_call(held)] if one not in readers], now
        )
    else:
        readers = [*readers, *addresses]
    _write_late("second_late", held, readers, now)


def _on_call(file: DangerFile) -> list[str]:
    subject = watched.find(file)
    on_call = Watched.of(subject.kind).on_call(subject.pk) if subject else ""
    return [on_call] if on_call else []


def _write_late(letter: str, file: DangerFile, addresses: list[str], now: datetime) -> None:
    for to in dict.fromkeys(addresses):
        letters.send(
            f"safeguarding/{letter}",
            to=to,
            context={"file": file},
            key=f"danger-late:{file.pk}:{codes.digest(to)[:12]}",
            now=now,
            organisation=file.organisation_id,
        )


def _locked(file: DangerFile, user: User) -> DangerFile:
    held = DangerFile.objects.select_for_update().get(pk=file.pk)
    if not DangerFile.objects.visible_to(user).filter(pk=held.pk).exists():
        raise NotAllowed("Ce dossier ne vous est pas ouvert.")
    return held


def _note(file: DangerFile, action: str, user: User, now: datetime, text: str = "") -> DangerEntry:
    return DangerEntry.objects.create(file=file, action=action, text=text, by=user, at=now)
