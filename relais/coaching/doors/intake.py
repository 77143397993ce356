"""What comes in by a door becomes a message in one conversation: the one of that person, whatever the door.

`take` runs in the transaction in which the message leaves `channels`: a fault puts it off, never away.
"""

import re
from datetime import datetime
from uuid import UUID, uuid5

from django.db import connection
from django.urls import reverse

from relais.accounts.scope import host_number
from relais.channels import words
from relais.channels.models import Channel, Inbound
from relais.channels.services import Refused
from relais.channels.sms.hours import sms_allowed, zone_of
from relais.channels.sms.segment import one_segment
from relais.foundation import codes, outbox, redaction, sites
from relais.foundation.events import record
from relais.foundation.jinja import clock, day
from relais.foundation.links import OVER
from relais.foundation.pseudonyms import pseudonym
from relais.foundation.ratelimit import allowed
from relais.foundation.refusals import LinkOver
from relais.journeys import services as journeys
from relais.stories import questions
from relais.stories.models import Question

from .. import selectors, services
from ..events import ConversationResumed
from ..line import promise, routing
from ..models import Conversation, DoorAddress, Message
from ..safeguarding import watch
from . import links, outbound

Door = Conversation.Door
DOORS = {Channel.EMAIL: Door.EMAIL, Channel.SMS: Door.SMS, Channel.DISCORD: Door.DISCORD}
_CODE = re.compile(r"\bcode\b\s{0,9}:?\s{0,9}((?:[0-9A-Za-z][ \t.\-–—\u00a0\u202f]?){12})(?![0-9A-Za-z])", re.IGNORECASE)

ELSEWHERE = "Ce message est arrivé d’une autre adresse e-mail que la tienne. Nos réponses ne partent pas là-bas."
GOES_ON = {
    Door.EMAIL: "La conversation continue par e-mail.",
    Door.SMS: "La conversation continue par SMS.",
    Door.DISCORD: "La conversation continue sur Discord.",
}
MOVED_ON = "Tes prochains messages arrivent dans une autre conversation : celle du code que tu as envoyé. Ce que tu as écrit ici reste ici."
RESUMED = "C’est bon, ta conversation continue ici."
CODE_ON_SITE = "Ton code se tape sur {address} : il ouvre ta conversation."
"""To whoever sends a code from an address that nothing proves. The same for a right and a wrong code."""
WRONG_CODE = "Ce code n’ouvre rien. Vérifie les douze signes. Ton message est quand même arrivé."
TOO_MANY = "Trop de codes essayés. Attends une heure. Ton message est quand même arrivé."
ONLY_A_CODE = "[Un code de reprise, sans autre mot]"
NO_WORD = "[Une lettre sans aucun mot]"
_ANSWERS = re.compile(r"^(?:(?:re|ré|rép|réf|tr|fw|fwd|aw|sv|rv)\s*(?:\[\d+\])?\s*(?::|$)\s*)+", re.IGNORECASE)
STAYS = {
    Door.EMAIL: "Ce message est arrivé par e-mail, et rien ne prouve d’où : les réponses partent toujours par où elles partaient.",
    Door.SMS: "Ce message est arrivé par SMS, et rien ne prouve d’où : les réponses restent ici, sur le site.",
}
"""Said once in a conversation, when a message that nothing proves does not take the answers along."""


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
    inbound.body = _said(inbound)
    known = DoorAddress.objects.receiving().select_related("conversation__journey").filter(door=door, digest=inbound.sender_digest).first()
    here = known and known.conversation_id
    target, problem = _by_code(inbound, here, now)
    if target:
        conversation = _go_on(target, here, inbound, door, now)
        said.append(RESUMED)
    else:
        conversation, opened = _place(known, inbound, door, now)
        if opened:
            said.append(_welcome(conversation, now))
        said.append(problem)
    said.append(watch.help_in_words(inbound.id))
    _say("\n\n".join(text for text in said if text), conversation, inbound, door, now)


def _place(known: DoorAddress | None, inbound: Inbound, door: str, now: datetime) -> tuple[Conversation, bool]:
    """Where a message without a code goes, written there; and whether that conversation was opened for it."""
    how = _how(inbound, now)
    if known:
        services.write(journey=known.conversation.journey, body=_text(inbound), door=door, **how)
        held = services.locked(known.conversation_id)
        if held.door == door:
            _remember(held, inbound, door)
        else:
            _tell_that_it_stays(held, door, now)
        return known.conversation, False
    if answered := _answered(inbound):
        # Whoever holds our letter may answer it, a parent to whom it was passed on too: they are heard, and told nothing.
        how["doubt"] = Message.Doubt.FAILED if inbound.verified is False else Message.Doubt.OTHER
        services.write(journey=answered.journey, body=_text(inbound), door=door, **how)
        services.notice(services.locked(answered.pk), ELSEWHERE, now=now)
        return answered, False
    line = selectors.line_for()
    if line is None:
        raise NoLine
    opened = services.open_conversation(
        line=line, pseudonym=pseudonym(), commune=None, touch="", body=_text(inbound), door=door, **how
    )  # fmt: skip
    _remember(opened.conversation, inbound, door)
    return opened.conversation, True


def own(pk: UUID, now: datetime) -> None:
    """Say whose message it is: the organisation of the conversation that it goes on, else that of the line it came to, else the one
    that runs the installation: nothing that came in is seen by nobody. What is set aside and bears signs of danger is told."""
    inbound = Inbound.objects.defer("raw").get(pk=pk)
    known = DoorAddress.objects.receiving().select_related("conversation__line").filter(door=DOORS.get(inbound.channel, ""), digest=inbound.sender_digest).first()
    goes_on = known.conversation if known else _answered(inbound)
    line = goes_on.line if goes_on else selectors.line_for()
    inbound.owner = line.organisation_id if line else host_number()
    inbound.danger = inbound.is_aside and inbound.reason != Inbound.Reason.OWN and watch.is_danger("\n".join([inbound.subject, inbound.body, inbound.whole]))
    inbound.save(update_fields=["owner", "danger"])
    if inbound.danger:
        watch.tell_of_aside(inbound, now)


def _answered(inbound: Inbound) -> Conversation | None:
    number = outbound.conversation_of(inbound.thread) if inbound.thread else None
    return number and Conversation.objects.select_related("journey").filter(pk=number).first()


def _by_code(inbound: Inbound, here: UUID | None, now: datetime) -> tuple[Conversation | None, str]:
    """The conversation in which this sender goes on, by the resume code in the message; and what is wrong with the code.

    A code opens its own conversation and proves nothing of the sender: anybody can write somebody else's address, or number,
    above a code of their own. So only a verified sender is moved. A right code is taken out of the message in any case: it
    opens everything, and has no place in a thread that others read.
    """
    found = _CODE.search(inbound.body)
    if not found or not codes.is_code(codes.tidy(found[1]), codes.RESUME_LENGTH):
        return None, ""
    if inbound.verified and not allowed("resume-by-door", inbound.sender_digest, now=now):
        return None, TOO_MANY
    elsewhere = "" if inbound.verified else CODE_ON_SITE.format(address=sites.absolute(reverse("resume")))
    try:
        target = Conversation.objects.select_related("journey").get(journey=journeys.by_code(found[1]))
    except (journeys.UnknownCode, Conversation.DoesNotExist):
        return None, elsewhere or WRONG_CODE
    inbound.body = (inbound.body[: found.start()] + inbound.body[found.end() :]).strip(" \n.,:;-")
    if inbound.verified or target.pk == here:
        return target, ""
    inbound.body = inbound.body or ONLY_A_CODE
    return None, elsewhere


def _go_on(target: Conversation, here: UUID | None, inbound: Inbound, door: str, now: datetime) -> Conversation:
    """The conversation of the code goes on by this door. What this sender wrote in another one stays there, which says so."""
    # In the order of whoever joins two conversations: neither waits for the other for ever.
    for pk in sorted({target.pk, here or target.pk}):
        services.locked(pk)
    if here and here != target.pk:
        services.notice(services.locked(here), MOVED_ON, now=now)
    _remember(target, inbound, door)
    # Their code proves more than an address.
    Conversation.objects.filter(pk=target.pk).update(door=door)
    if inbound.body or inbound.attachments:
        services.write(journey=target.journey, body=_text(inbound), door=door, **_how(inbound, now))
    held = services.locked(target.pk)
    record(ConversationResumed(**promise.conversation_ids(held)), now=now)
    services.notice(held, GOES_ON[door], now=now)
    return held


def _remember(conversation: Conversation, inbound: Inbound, door: str) -> None:
    """This sender's messages come here from now on. Answers of a conversation where they came before still leave for them."""
    same = DoorAddress.objects.filter(door=door, digest=inbound.sender_digest)
    same.receiving().exclude(conversation=conversation).update(receives=False)
    # Two of them hang on one conversation once a human has joined it with the one of before.
    address = same.filter(conversation=conversation).order_by("-receives", "-id").first()
    address = address or DoorAddress(conversation=conversation, door=door, digest=inbound.sender_digest)
    address.receives, address.address, address.last_at = True, inbound.sender, inbound.received_at
    address.reply_token, address.reply_until = inbound.reply_token, inbound.reply_until
    address.save()


def _how(inbound: Inbound, now: datetime) -> dict:
    """What is the same of this message wherever it is written."""
    doubt = "" if inbound.verified else Message.Doubt.UNKNOWN if inbound.verified is None else Message.Doubt.FAILED
    return {"key": inbound.id, "now": now, "since": inbound.received_at, "doubt": doubt, "whole": _whole(inbound)}


def _tell_that_it_stays(held: Conversation, door: str, now: datetime) -> None:
    key = uuid5(held.pk, f"stays:{door}")
    if not held.messages.filter(key=key).exists():
        services.notice(held, STAYS[door], now=now, key=key)


def _said(inbound: Inbound) -> str:
    """The words of a message: its subject, unless it is the one of our own letters, and its body."""
    subject = _ANSWERS.sub("", inbound.subject.strip())
    ours = " ".join(subject.casefold().split()).endswith(outbound.SUBJECT)
    return "\n\n".join(part for part in ("" if ours or not subject else inbound.subject, inbound.body) if part)


def _text(inbound: Inbound) -> str:
    """What enters the thread: the words, and the names of the files that were refused."""
    names = ", ".join(str(one.get("name") or one.get("type") or "sans nom")[:80] for one in inbound.attachments)
    parts = [inbound.body, names and f"[Fichiers joints refusés, ni ouverts ni gardés : {names}]"]
    return "\n\n".join(part for part in parts if part) or NO_WORD


def _whole(inbound: Inbound) -> str:
    """The letter before anything was folded away, without what opens a conversation: a code, or a private link of ours."""
    return redaction.masked_in_words(_CODE.sub("code …", inbound.whole))


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
        address = DoorAddress.objects.receiving().get(door=door, digest=inbound.sender_digest)
        link = f"Ton lien privé pour continuer, pendant sept jours : {links.make(conversation, now=now, sent_by=f'address:{address.pk}')}"
        outbound.enqueue_discord(address, f"{text}\n\n{link}".strip(), key=key, now=now)
    elif not text or inbound.quiet:
        return
    elif door == Door.EMAIL:
        name = outbound.name_for(conversation)
        payload = {"to": inbound.sender, "subject": name + outbound.SUBJECT, "text": f"{text}\n\n{name} (un programme)\n", "automatic": True}
        outbox.enqueue("email", key=key, payload=payload | {"thread": outbound.thread_of(conversation)}, now=now, about=conversation.pk, owner=conversation.line.organisation_id)
    elif door == Door.SMS and sms_allowed(now, conversation.is_minor, zone_of(inbound.sender)):
        # At night an answer to « bien arrivé ? » the next morning would only disturb.
        outbox.enqueue("sms", key=key, payload={"to": inbound.sender, "text": _short(text, outbound.name_for(conversation))}, now=now, about=conversation.pk, owner=conversation.line.organisation_id)


def _short(text: str, name: str) -> str:
    """As many of the sentences as one SMS holds, the last ones first: they are what the person asked for."""
    kept, rest = "", []
    for sentence in reversed(re.split(r"\n+", text)):
        try:
            kept = one_segment(f"{name} : {' '.join((sentence, *rest))}".strip())
        except ValueError:
            continue
        rest.insert(0, sentence)
    return kept


def open_from_question(*, question: Question, now: datetime) -> services.Opened | None:
    """A question under a story goes on in private: its asker finds it behind the secret address they were given.

    With a line of the organisation whose story it is, if there is one; None before any line is open.
    """
    line = _line_of(question)
    return line and services.open_conversation(
        line=line, pseudonym=question.pseudonym, commune=None, touch=question.touch, body=question.body, key=question.id, now=now, door=Door.QUESTION
    )


def _line_of(question: Question):
    return selectors.line_for(routing.case(organisation=question.story.organisation_id))


def question_conversation(secret: str, *, opening: bool, now: datetime) -> Conversation | None:
    """The conversation of the question that this secret address belongs to, once a human has made it private.

    If there was no line when it became private, whoever is `opening` it opens it; None for who only looks. Raises LinkOver.
    """
    question = questions.by_secret(secret, now=now)
    if question.state == Question.State.PRIVATE:
        if conversation := Conversation.objects.select_related("journey").filter(key=question.id).first():
            return conversation
        if opening and (opened := open_from_question(question=question, now=now)):
            return opened.conversation
        if not opening and _line_of(question):
            return None
    raise LinkOver(OVER)
