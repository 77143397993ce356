"""Work that goes from one hand to another: one conversation, a whole load, an absence. Nothing is lost on the way, all of it is written."""

from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from relais.accounts import ends
from relais.accounts.models import Membership, ReadingStop, Role, User
from relais.foundation import claims, loops
from relais.foundation.events import record
from relais.foundation.jinja import day
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState

from .. import thread
from ..events import AbsenceDeclared, AbsenceEnded, ConversationTransferred
from ..models import Absence, Conversation, Line, Team, Transfer
from ..models.conversation import TEAM
from ..models.desk import DESK
from ..thread import promise
from . import opening

BELL = "absences"
CLOSED_ACCOUNT, RIGHT_ENDED = "compte fermé", "droit terminé"


class CannotReceive(NotAcceptable):
    """This person is away, closed their account, or may not see this conversation."""


@transaction.atomic
def transfer(
    *, conversation: Conversation, by: User, receiver: User | None, team: Team | None, reason: str, now: datetime
) -> Conversation:
    """Give a conversation to a colleague, or to a team when `receiver` is None. Its deadline does not move.

    Whoever holds it may, and supervisors. Raises NotAllowed, WrongState, CannotReceive, SayWhy (to oneself).
    """
    held = thread.locked(conversation.pk)
    if held.claimed_by_id != by.pk and not by.has(Role.SUPERVISOR, held.line.organisation_id):
        raise NotAllowed("Seule la personne qui tient cette conversation, ou une personne responsable, peut la passer.")
    if held.state == Conversation.State.CLOSED:
        raise WrongState("Cette conversation est terminée : il n’y a rien à passer.")
    _refuse_unread(held, receiver, by, now)
    return _give(held, receiver=receiver, team=team, by=by, reason=reason, why="hand", now=now)


def give_load(*, giver: User, receiver: User | None, by: User, reason: str, now: datetime) -> tuple[int, int]:
    """Everything that `giver` holds goes to `receiver`, or back to the teams. Returns (how many went, how many could not go to `receiver`).

    A conversation that `receiver` may not take, or that they give themselves without having said why, goes back to the team: nobody is
    left holding what they cannot answer. Raises WrongState when some could not be passed: the others went.
    """
    # A supervisor decides where they supervise, not about what the same colleague holds elsewhere.
    turn, refused = _give_each(
        _load(giver).of(by, Role.SUPERVISOR), receiver=receiver, by=by, reason=reason, why="load", now=now
    )
    if turn.left:
        raise WrongState(
            "Certaines conversations n’ont pas pu être passées ; les autres l’ont été. Regardez ce qui reste, et recommencez."
        )
    return turn.done, refused


def _load(giver: User) -> QuerySet:
    return Conversation.objects.filter(claimed_by=giver).exclude(state=Conversation.State.CLOSED)


def _give_each(
    load: QuerySet, *, receiver: User | None, by: User, reason: str, why: str, now: datetime
) -> tuple[claims.Turn, int]:
    """One transaction a conversation: stopped in the middle, what is left still has its holder, and doing it again ends it."""
    refused = 0

    def give(one: Conversation) -> None:
        nonlocal refused
        held = thread.locked(one.pk)
        try:
            with transaction.atomic():
                _refuse_unread(held, receiver, by, now)
                _give(held, receiver=receiver, team=held.team, by=by, reason=reason, why=why, now=now)
        except (CannotReceive, opening.SayWhy):
            _give(thread.locked(one.pk), receiver=None, team=held.team, by=by, reason=reason, why=why, now=now)
            refused += 1

    return claims.each(load.order_by("due_at", "id"), give, patient=True), refused


def _refuse_unread(held: Conversation, receiver: User | None, by: User, now: datetime) -> None:
    if receiver == by and not opening.has_reason(held, by, now):
        raise opening.SayWhy


def _give(
    held: Conversation, *, receiver: User | None, team: Team | None, by: User, reason: str, why: str, now: datetime
) -> Conversation:
    giver = held.claimed_by
    held.claimed_by, held.claimed_at = receiver, now if receiver else None
    if receiver is None:
        held.team = team
    held.save(update_fields=["claimed_by", "claimed_at", "team"])
    if receiver:
        _refuse_unless_able(receiver, held, now)
    Transfer.objects.create(
        conversation=held,
        giver=giver,
        receiver=receiver,
        team=held.team if receiver is None else None,
        by=by,
        reason=reason,
        at=now,
    )
    record(ConversationTransferred(**promise.conversation_ids(held), to_team=receiver is None, why=why), now=now)
    thread.notify_pages(held)
    return held


def _refuse_unless_able(receiver: User, held: Conversation, now: datetime) -> None:
    # The lock is also taken by who declares an absence: nothing is given to somebody who leaves at that instant.
    receiver = User.objects.select_for_update(no_key=True).get(pk=receiver.pk)
    if not receiver.is_active or not Conversation.objects.visible_to(receiver).filter(pk=held.pk).exists():
        raise CannotReceive(f"{receiver} ne peut pas prendre cette conversation.")
    if absence := Absence.objects.on(today(receiver, now)).filter(user=receiver).first():
        raise CannotReceive(f"{receiver} est en absence jusqu’au {day(absence.last)}.")


# --- absences


@transaction.atomic
def declare_absence(
    *, user: User, first: date, last: date, substitute: User | None, by: User, now: datetime
) -> Absence:
    """`user` will be away from `first` to `last`, both included. On the first day everything they hold goes (see `move_due`)."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    absence = Absence.objects.create(user=user, first=first, last=last, substitute=substitute, declared_by=by)
    record(AbsenceDeclared(user=user.pk, days=(last - first).days + 1), now=now)
    loops.wake(BELL)
    return absence


@transaction.atomic
def end_absence(*, absence: Absence, now: datetime) -> None:
    """It does not happen, or they are back. What has gone stays where it is: somebody has read it by now."""
    if Absence.objects.filter(pk=absence.pk).delete()[0]:
        record(AbsenceEnded(user=absence.user_id), now=now)


def move_due(now: datetime) -> int:
    """Pass on what is held by people whose absence has begun, or whose right to answer it has ended. Returns how many conversations went."""
    went = 0
    for absence in Absence.objects.filter(moved_at=None).select_related("user", "substitute", "declared_by"):
        if absence.first <= today(absence.user, now):
            if today(absence.user, now) <= absence.last:
                load, by = _load(absence.user), absence.declared_by
                turn, _ = _give_each(load, receiver=absence.substitute, by=by, reason="absence", why="absence", now=now)
                went += turn.done
                if turn.left:
                    continue
            Absence.objects.filter(pk=absence.pk, moved_at=None).update(moved_at=now)
    return went + claims.each(_held_without_right().order_by("due_at", "id"), partial(_free, now=now)).done


@ends.heeds
def look_again(user: User) -> None:
    """What they hold without a right is freed by the worker, one transaction each: whoever passes one on locks it first, then its receiver."""
    loops.wake(BELL)


def _held_without_right() -> QuerySet:
    """What is held by who may not answer it: account closed or stopped, no role of the desk there any more, or only that of a volunteer to whom
    nobody gave it. What a volunteer's check says of minors is `volunteers.take_back`."""
    there = Membership.objects.filter(user=OuterRef("claimed_by"), organisation=OuterRef("line__organisation"))
    stopped = ReadingStop.objects.filter(user=OuterRef("claimed_by"), lifted_at=None)
    given = Transfer.objects.filter(
        conversation=OuterRef("pk"), receiver=OuterRef("claimed_by"), at=OuterRef("claimed_at")
    )
    entrusted = Exists(there.filter(role=Role.VOLUNTEER)) & (
        Q(supervised_by__isnull=False) | Exists(given.exclude(by=F("receiver")))
    )
    working = Exists(User.objects.working().filter(pk=OuterRef("claimed_by"))) & ~Exists(stopped)
    held = Conversation.objects.exclude(state=Conversation.State.CLOSED).filter(claimed_by__isnull=False)
    return held.exclude(working & (Exists(there.filter(role__in=TEAM)) | entrusted))


def _free(held: Conversation, *, now: datetime) -> None:
    holder = held.claimed_by
    reason, why = (RIGHT_ENDED, "right-ended") if holder.is_active else (CLOSED_ACCOUNT, "closed-account")
    _give(thread.locked(held.pk), receiver=None, team=held.team, by=holder, reason=reason, why=why, now=now)
    # A volunteer is shown what they hold, and what they had begun on it, until now.
    ends.ended(holder)


def clock(user: User) -> ZoneInfo:
    """That of the place where this person answers."""
    zone = (
        Line.objects.filter(organisation__in=user.organisation_ids(*DESK)).values_list("time_zone", flat=True).first()
    )
    return ZoneInfo(zone or settings.TIME_ZONE)


def today(user: User, now: datetime) -> date:
    """The day it is where this person answers."""
    return timezone.localtime(now, clock(user)).date()
