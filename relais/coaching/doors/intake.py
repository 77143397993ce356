"""What comes in by a door becomes a message in one conversation: the one of that person, whatever the door.

`take` runs in the transaction in which the message leaves `channels`: a fault puts it off, never away.
"""

import re
from datetime import datetime, timedelta

from django.db import connection

from relais.channels import words
from relais.channels.models import Channel, Inbound
from relais.channels.services import Refused
from relais.channels.sms.hours import sms_allowed, zone_of
from relais.channels.sms.segment import one_segment
from relais.foundation import codes, outbox
from relais.foundation.events import record
from relais.foundation.jinja import clock, day
from relais.foundation.pseudonyms import pseudonym
from relais.foundation.ratelimit import allowed
from relais.journeys import services as journeys
from relais.stories.models import Question

from .. import selectors, services
from ..events import ConversationResumed
from ..line import promise
from ..models import Conversation, DoorAddress, Line
from ..safeguarding import watch
from . import links, merging, outbound

Door = Conversation.Door
DOORS = {Channel.EMAIL: Door.EMAIL, Channel.SMS: Door.SMS, Channel.DISCORD: Door.DISCORD}
TRIES = 10
"""Codes an hour from one sender."""
_CODE = re.compile(r"\bcode\b\s{0,9}:?\s{0,9}((?:[0-9A-Za-z][ \t.\-–—\u00a0\u202f]?){12})(?![0-9A-Za-z])", re.IGNORECASE)

ELSEWHERE = "Ce message est arrivé d’une autre adresse e-mail que la tienne. Nos réponses ne partent pas là-bas."
UNSURE = "Rien ne prouve que le message ci-dessus vient bien de cette adresse e-mail : le contrôle de l’expéditeur a échoué."
GOES_ON = {
    Door.EMAIL: "La conversation continue par e-mail.",
    Door.SMS: "La conversation continue par SMS.",
    Door.DISCORD: "La conversation continue sur Discord.",
}
RESUMED = "C’est bon, ta conversation continue ici."
WRONG_CODE = "Ce code n’ouvre rien. Vérifie les douze signes. Ton message est quand même arrivé."
TOO_MANY = "Trop de codes essayés. Attends une heure. Ton message est quand même arrivé."


class NoLine(Exception):
    """Nobody answers here yet: the message waits until a line exists."""


def take(inbound: Inbound, now: datetime) -> None:
    """Put one message where it belongs: the conversation that its code names, that of its sender, the one whose letter it
    answers, or a new one; then say what has to be said at once.

    Raises Refused for a channel that is not a door, NoLine while there is no line.
    """
    door = DOORS.get(inbound.channel)
    if door is None:
        raise Refused("not-a-door")
    # Two messages of one person may be in two hands at once: the second waits here for the conversation the first one opens.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [inbound.sender_digest])
    said = [words.told(inbound)]
    known = DoorAddress.objects.select_related("conversation__journey").filter(door=door, digest=inbound.sender_digest).first()
    target, body, problem = _by_code(inbound, now)
    if target:
        conversation = _go_on(target, known and known.conversation, body, inbound, door, now)
        said.append(RESUMED)
    else:
        said.append(problem)
        conversation, opened = _place(known, inbound, door, now)
        if opened:
            said.append(_welcome(conversation, now))
    said.append(watch.help_in_words(inbound.id))
    _say("\n\n".join(text for text in said if text), conversation, inbound, door, now)


def _place(known: DoorAddress | None, inbound: Inbound, door: str, now: datetime) -> tuple[Conversation, bool]:
    """Where a message without a code goes, written there; and whether that conversation was opened for it."""
    if known:
        journey = known.conversation.journey
        services.write(journey=journey, body=_text(inbound), whole=_whole(inbound), key=inbound.id, now=now, door=door, since=inbound.received_at)
        _remember(known.conversation, inbound, door)
        _doubt(known.conversation, inbound, now)
        return known.conversation, False
    if answered := _answered(inbound):
        # Whoever holds our letter may answer it, a parent to whom it was passed on too: they are heard, and told nothing.
        said = {"body": _text(inbound), "whole": _whole(inbound)}
        services.write(journey=answered.journey, key=inbound.id, now=now, door=answered.door, since=inbound.received_at, **said)
        services.notice(services.locked(answered.pk), ELSEWHERE, now=now)
        return answered, False
    line = selectors.line_for()
    if line is None:
        raise NoLine
    opened = services.open_conversation(
        line=line, pseudonym=pseudonym(), commune=None, touch="", body=_text(inbound, subject=True), key=inbound.id, now=now,
        door=door, since=inbound.received_at, whole=_whole(inbound),
    )  # fmt: skip
    _remember(opened.conversation, inbound, door)
    _doubt(opened.conversation, inbound, now)
    return opened.conversation, True


def _answered(inbound: Inbound) -> Conversation | None:
    number = outbound.conversation_of(inbound.thread) if inbound.thread else None
    return number and Conversation.objects.select_related("journey").filter(pk=number).first()


def _by_code(inbound: Inbound, now: datetime) -> tuple[Conversation | None, str, str]:
    """The conversation whose resume code is in the message, what else the message says, and what is wrong with the code."""
    found = _CODE.search(inbound.body)
    if not found or not codes.is_code(codes.tidy(found[1]), codes.RESUME_LENGTH):
        return None, "", ""
    if not allowed("resume", inbound.sender_digest, limit=TRIES, per=timedelta(hours=1), now=now):
        return None, "", TOO_MANY
    try:
        journey = journeys.by_code(found[1])
        target = Conversation.objects.select_related("journey").get(journey=journey)
    except (journeys.UnknownCode, Conversation.DoesNotExist):
        return None, "", WRONG_CODE
    # The code opens everything: it has no place in a thread that others read.
    return target, (inbound.body[: found.start()] + inbound.body[found.end() :]).strip(" \n.,:;-"), ""


def _go_on(target: Conversation, other: Conversation | None, rest: str, inbound: Inbound, door: str, now: datetime) -> Conversation:
    """The conversation of the code goes on by this door, and takes in the one that this sender had begun without it."""
    if other and other.pk != target.pk:
        target = merging.by_code(keep=target, other=other, now=now)
    _remember(target, inbound, door)
    if rest:
        services.write(journey=target.journey, body=rest, whole=_whole(inbound), key=inbound.id, now=now, door=door, since=inbound.received_at)
    held = services.locked(target.pk)
    held.door = door
    record(ConversationResumed(**promise.conversation_ids(held)), now=now)
    services.notice(held, GOES_ON[door], now=now)
    return held


def _remember(conversation: Conversation, inbound: Inbound, door: str) -> None:
    values = {"conversation": conversation, "address": inbound.sender, "last_at": inbound.received_at}
    values |= {"reply_token": inbound.reply_token, "reply_until": inbound.reply_until}
    DoorAddress.objects.update_or_create(door=door, digest=inbound.sender_digest, defaults=values)


def _doubt(conversation: Conversation, inbound: Inbound, now: datetime) -> None:
    if inbound.verified is False:
        services.notice(services.locked(conversation.pk), UNSURE, now=now)


def _text(inbound: Inbound, *, subject: bool = False) -> str:
    """What enters the thread: the words, the subject of a first letter, and the names of the files that were refused."""
    names = ", ".join(str(one.get("name") or one.get("type") or "sans nom")[:80] for one in inbound.attachments)
    parts = [inbound.subject if subject else "", inbound.body, names and f"[Fichiers joints refusés, ni ouverts ni gardés : {names}]"]
    return "\n\n".join(part for part in parts if part)


def _whole(inbound: Inbound) -> str:
    """The letter before anything was folded away, without what opens a conversation: a code, or a private link of ours."""
    return links.masked(_CODE.sub("code …", inbound.whole))


def _welcome(conversation: Conversation, now: datetime) -> str:
    """Until when a human answers, in absolute words: the letter may be read tomorrow."""
    hours, due = conversation.line.hours(), conversation.due_at
    if due is None:
        return "Ton message est bien arrivé. La ligne est fermée pour l’instant : une personne te répondra dès qu’elle rouvre."
    when = f"{day(due, hours.zone)} avant {clock(due, hours.zone)}"
    return f"Ton message est bien arrivé. Une personne te répond {when}."


def _say(text: str, conversation: Conversation, inbound: Inbound, door: str, now: datetime) -> None:
    """An automatic sentence back by the same door, unless nothing may be said. Each form on Discord also gets its private link."""
    key = f"told:{inbound.id}"
    if door == Door.DISCORD and inbound.reply_until and now < inbound.reply_until:
        link = f"Ton lien privé pour continuer, pendant sept jours : {links.make(conversation, now=now)}"
        address = DoorAddress.objects.get(door=door, digest=inbound.sender_digest)
        outbound.enqueue_discord(address, f"{text}\n\n{link}".strip(), key=key, now=now)
    elif not text or inbound.quiet:
        return
    elif door == Door.EMAIL:
        payload = {"to": inbound.sender, "subject": outbound.SUBJECT, "text": f"{text}\n\nRelais (un programme)\n", "automatic": True}
        outbox.enqueue("email", key=key, payload=payload | {"thread": outbound.thread_of(conversation)}, now=now, about=conversation.pk)
    elif door == Door.SMS and sms_allowed(now, conversation.is_minor, zone_of(inbound.sender)):
        # At night an answer to « bien arrivé ? » the next morning would only disturb.
        outbox.enqueue("sms", key=key, payload={"to": inbound.sender, "text": _short(text)}, now=now, about=conversation.pk)


def _short(text: str) -> str:
    """As many of the sentences as one SMS holds, the last ones first: they are what the person asked for."""
    kept = ""
    for sentence in reversed(re.split(r"\n+", text)):
        try:
            kept = one_segment(f"Relais : {sentence} {kept.removeprefix('Relais : ')}".strip())
        except ValueError:
            continue
    return kept


def open_from_question(*, question: Question, line: Line, now: datetime) -> services.Opened:
    """A question under a story goes on in private: its asker finds it behind the secret address they were given."""
    return services.open_conversation(
        line=line, pseudonym=question.pseudonym, commune=None, touch=question.touch, body=question.body, key=question.id, now=now, door=Door.QUESTION
    )


def question_conversation(secret: str, *, now: datetime) -> Conversation | None:
    """The conversation of the question that this secret address belongs to, once a human has made it private.

    Opened by this visit, if there was no line yet when it became private.
    """
    question = Question.objects.filter(secret_digest=codes.digest(secret), state=Question.State.PRIVATE).first()
    if question is None:
        return None
    conversation = Conversation.objects.select_related("journey").filter(key=question.id).first()
    if conversation is None and (line := selectors.line_for()):
        conversation = open_from_question(question=question, line=line, now=now).conversation
    return conversation
