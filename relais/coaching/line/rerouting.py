"""A conversation goes to another line: by itself while nobody has it in hand and that line can keep what was promised, by a
human's decision otherwise.

The person is told in their thread who answers now. What was promised to them holds: the wait never ends later than the
instant they were told (`Conversation.promised_until`). The other organisation then reads the conversation, this one does
not any more; what was traced, counted or written in a danger file stays where it is.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts.models import Role, User
from relais.accounts.permissions import record_access
from relais.accounts.scope import people
from relais.foundation import live
from relais.foundation.events import record
from relais.foundation.jinja import clock, day
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.safeguarding import watched
from relais.safeguarding.models import DangerFile

from .. import hooks, thread
from ..events import ConversationRerouted
from ..models import Conversation, Draft, Line, Mention, Presence, Transfer
from ..models.conversation import CONVERSATION, TEAM
from ..models.desk import DESK
from ..thread import promise
from . import directory, routing

SITUATION, HAND = "situation", "hand"


class NotPossible(NotAcceptable):
    """Something in it is between the person and this team, or the line is the one it is on."""


@transaction.atomic
def follow(pk: UUID, *, now: datetime) -> Conversation | None:
    """What is known of the person has changed: their line too, if nobody has taken them in hand yet. The conversation, if it went."""
    held = thread.locked(pk)
    if not _may_go_by_itself(held):
        return None
    every = list(directory.answering())
    choice = routing.choose(every, routing.case_of(held))
    # Where nothing they said decides, who has them keeps them, unless it says that it serves others.
    stays = (
        choice.by in ((), (routing.SITE,))
        and not held.line.is_fallback
        and routing.may_serve(held.line, routing.case_of(held))
    )
    if len(every) < 2 or stays or choice.line.pk == held.line_id or not _can_keep(choice.line, held, now):
        return None
    _go(held, choice.line, by=None, reason=choice.noted, because=choice.why, now=now)
    return held


def _may_go_by_itself(held: Conversation) -> bool:
    """Nobody has it, nobody has answered, nobody has chosen its line, and no alarm has called people to it."""
    if held.state != Conversation.State.WAITING or held.claimed_by_id or held.first_answered_at or held.is_alarming:
        return False
    if held.notes.exists():
        # Written for colleagues: a human decides whether another organisation reads them.
        return False
    return not held.transfers.exclude(to_line=None).exclude(by=None).exists() and not held_back(held)


def _can_keep(line: Line, held: Conversation, now: datetime) -> bool:
    """Whether somebody is there before the promised instant: a line that opens later would only break the promise of another."""
    hours = line.hours()
    opens = now if hours.is_open(now) else hours.next_opening(now)
    if held.broken_at:
        # They have waited too long already: only somebody who is there now is better than who made them wait.
        return opens == now
    return opens is not None and (held.due_at is None or opens < held.due_at)


@transaction.atomic
def pass_on(*, conversation: Conversation, line: Line, user: User, reason: str, now: datetime) -> Conversation:
    """`user` gives the conversation to another line, with a reason its team reads. Raises NotAllowed, WrongState, NotPossible."""
    held = thread.locked(conversation.pk)
    may = held.claimed_by_id == user.pk and not user.roles_in(held.line.organisation_id).isdisjoint(TEAM)
    if not may and not user.has(Role.SUPERVISOR, held.line.organisation_id):
        raise NotAllowed(
            "Seule la personne qui tient cette conversation, ou une personne responsable, peut la passer à une autre ligne."
        )
    if held.state == Conversation.State.CLOSED:
        raise WrongState("Cette conversation est terminée : il n’y a rien à passer.")
    if line.pk == held.line_id:
        raise NotPossible("Cette conversation est déjà sur cette ligne.")
    if why_not := held_back(held):
        raise NotPossible(why_not)
    record_access(user, "pass-on", held, reason=f"{held.line} > {line}", now=now)
    _go(held, line, by=user, reason=reason, now=now)
    return held


def held_back(held: Conversation) -> str:
    """Why this team must finish something first; '' when nothing holds it."""
    if held.is_alarming:
        return "Une alerte est ouverte : lisez-la d’abord, et dites ce que c’était."
    if DangerFile.objects.about(CONVERSATION, held.pk).exclude(state=DangerFile.State.CLOSED).exists():
        return "Un dossier de danger est ouvert : il reste avec l’équipe qui l’a ouvert, et la conversation aussi."
    return hooks.kept_on_line(held)


def _go(held: Conversation, line: Line, *, by: User | None, reason: str, because: str = "", now: datetime) -> None:
    """`reason` is for the teams, `because` for the person."""
    before, giver = held.line, held.claimed_by
    held.claimed_by = held.claimed_at = held.team = held.supervised_by = held.alarm_group = None
    promise.take_over(held, line, now)
    held.save()
    watched.moved(CONVERSATION, held.pk, organisation=line.organisation_id)
    _leave(held, now)
    Transfer.objects.create(
        conversation=held, giver=giver, from_line=before, to_line=line, by=by, reason=reason, at=now
    )
    record(
        ConversationRerouted(
            **promise.conversation_ids(held), line=line.pk, before=before.pk, why=HAND if by else SITUATION
        ),
        now=now,
    )
    thread.system_message(held, told(held, because), now=now, leaves=True)
    live.notify(f"inbox:{before.organisation_id}")


def _leave(held: Conversation, now: datetime) -> None:
    """Nothing stays on the desks of those who do not answer there."""
    theirs = people(held.line.organisation_id, *DESK)
    Draft.objects.filter(conversation=held).exclude(user__in=theirs).delete()
    Presence.objects.filter(conversation=held).exclude(user__in=theirs).delete()
    Mention.objects.filter(note__conversation=held, seen_at=None).exclude(user__in=theirs).update(seen_at=now)


def told(held: Conversation, why: str) -> str:
    """Who answers now, and until when, in full: it may be read tomorrow."""
    line, hours = held.line, held.line.hours()
    first = f"C’est « {line.name} », {line.organisation.name}, qui te répond maintenant{f', {why}' if why else ''}. Cette équipe lit tout ce fil."
    if held.broken_at:
        return f"{first} Tu attends depuis trop longtemps : l’équipe le sait."
    if held.due_at is None:
        return f"{first} Ton message est toujours là."
    return f"{first} Réponse promise {day(held.due_at, hours.zone)} avant {clock(held.due_at, hours.zone)}."
