"""What comes in from outside becomes a message in one conversation: the one of that person, whatever the channel.

`take` runs in the transaction in which the message leaves `channels`: a fault puts it off, never away.
"""

import re
from datetime import datetime
from uuid import UUID, uuid5

from django.db import connection
from django.db.models import Q
from django.urls import reverse

from relais.accounts.scope import host_number
from relais.channels import accounts, words
from relais.channels.models import Inbound
from relais.channels.services import Refused
from relais.channels.sms.hours import sms_allowed, zone_of
from relais.channels.sms.segment import one_segment
from relais.foundation import codes, outbox, sites
from relais.foundation.events import record
from relais.foundation.jinja import clock, day
from relais.foundation.links import OVER
from relais.foundation.pseudonyms import pseudonym
from relais.foundation.ratelimit import allowed
from relais.foundation.refusals import LinkOver
from relais.journeys import services as journeys
from relais.stories.models import Question
from relais.stories.questions import questions

from .. import services, thread
from ..events import ConversationResumed
from ..line import directory, routing
from ..models import ChannelAddress, Conversation, Line, Message
from ..thread import links, outbound, promise, selectors
from ..thread.screening import help_in_words
from . import aside

Channel = Conversation.Channel
CHANNELS = {Channel.EMAIL, Channel.SMS, Channel.DISCORD}
"""By which messages come from outside."""
_CODE = re.compile(
    r"\bcode\b\s{0,9}:?\s{0,9}((?:[0-9A-Za-z][ \t.\-–—\u00a0\u202f]?){12})(?![0-9A-Za-z])", re.IGNORECASE
)

ELSEWHERE = "Ce message est arrivé d’une autre adresse e-mail que la tienne. Nos réponses ne partent pas là-bas."
GOES_ON = {
    Channel.EMAIL: "La conversation continue par e-mail.",
    Channel.SMS: "La conversation continue par SMS.",
    Channel.DISCORD: "La conversation continue sur Discord.",
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
    Channel.EMAIL: "Ce message est arrivé par e-mail, et rien ne prouve d’où : les réponses partent toujours par où elles partaient.",
    Channel.SMS: "Ce message est arrivé par SMS, et rien ne prouve d’où : les réponses restent ici, sur le site.",
}
"""Said once in a conversation, when a message that nothing proves does not take the answers along."""


class NoLine(Exception):
    """Nobody answers here yet: the message waits until a line exists."""


def take(inbound: Inbound, now: datetime) -> None:
    """Put one message where it belongs: the conversation that its code names, that of its sender, the one whose letter it
    answers, or a new one; then say what has to be said at once.

    Raises Refused for a channel by which nobody writes to us, NoLine while there is no line.
    """
    channel = inbound.channel
    if channel not in CHANNELS:
        raise Refused("unknown-channel")
    # Two messages of one person may be in two hands at once: the second waits here for the conversation the first one opens.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [inbound.sender_digest])
    said = [words.told(inbound)]
    inbound.body = _said(inbound)
    known = _known(inbound, channel)
    here = known and known.conversation_id
    target, problem = _by_code(inbound, here, now)
    if target:
        conversation = _go_on(target, here, inbound, channel, now)
        said.append(RESUMED)
    else:
        conversation, opened = _place(known, inbound, channel, now)
        if opened:
            said.append(_welcome(conversation, now))
        said.append(problem)
    said.append(help_in_words(conversation, inbound.id))
    _say("\n\n".join(text for text in said if text), conversation, inbound, channel, now)


def _known(inbound: Inbound, channel: str) -> ChannelAddress | None:
    """Where the messages of this sender to this account come: where the last one came, else to the conversation that an organisation which answers by
    this account has with them by other ways. A sender known to another organisation is a stranger here, whatever they wrote there."""
    theirs = (
        ChannelAddress.objects.receiving()
        .select_related("conversation__journey", "conversation__line")
        .filter(channel=channel, digest=inbound.sender_digest)
    )
    if same := theirs.filter(account_of=inbound.account_of).first():
        return same
    if inbound.account_of:
        return theirs.filter(conversation__line__organisation=inbound.account_of).first()
    return theirs.exclude(conversation__line__organisation__in=accounts.owners(inbound.channel)).first()


def _line_of(inbound: Inbound) -> Line | None:
    """The line that a first message goes to: of the organisation to whose account it came, and of nobody else."""
    return directory.own_line(inbound.account_of) if inbound.account_of else directory.line_for()


def _place(known: ChannelAddress | None, inbound: Inbound, channel: str, now: datetime) -> tuple[Conversation, bool]:
    """Where a message without a code goes, written there; and whether that conversation was opened for it."""
    how = _how(inbound, now)
    if known:
        services.write(journey=known.conversation.journey, body=_text(inbound), channel=channel, **how)
        held = thread.locked(known.conversation_id)
        if held.channel == channel:
            _remember(held, inbound, channel)
        else:
            _tell_that_it_stays(held, channel, now)
        return known.conversation, False
    if answered := _answered(inbound):
        # Whoever holds our letter may answer it, a parent to whom it was passed on too: they are heard, and told nothing.
        how["doubt"] = Message.Doubt.FAILED if inbound.verified is False else Message.Doubt.OTHER
        services.write(journey=answered.journey, body=_text(inbound), channel=channel, **how)
        thread.system_message(thread.locked(answered.pk), ELSEWHERE, now=now)
        return answered, False
    line = _line_of(inbound)
    if line is None:
        raise NoLine
    opened = services.open_conversation(
        line=line, pseudonym=pseudonym(), commune=None, touch="", body=_text(inbound), channel=channel, **how
    )
    _remember(opened.conversation, inbound, channel)
    return opened.conversation, True


def own(pk: UUID, now: datetime) -> None:
    """Say whose message it is: the organisation of the conversation that it goes on, else that of the line it came to, else the one
    that runs the installation: nothing that came in is seen by nobody. What is set aside and bears signs of danger is told."""
    inbound = Inbound.objects.defer("raw").get(pk=pk)
    known = _known(inbound, inbound.channel)
    goes_on = known.conversation if known else _answered(inbound)
    line = goes_on.line if goes_on else _line_of(inbound)
    inbound.owner = line.organisation_id if line else inbound.account_of or host_number()
    inbound.danger = aside.is_dangerous(inbound)
    inbound.save(update_fields=["owner", "danger"])
    if inbound.danger:
        aside.tell(inbound, now)


def _answered(inbound: Inbound) -> Conversation | None:
    """The conversation whose letter this one answers; None where it was written to the account of an organisation that never had that one: whoever
    writes there writes to them, whatever letter their program says it answers."""
    number = outbound.conversation_of(inbound.thread) if inbound.thread else None
    found = number and Conversation.objects.select_related("journey", "line").filter(pk=number).first()
    return found if found and (inbound.account_of is None or _had(found, inbound.account_of)) else None


def _had(conversation: Conversation, organisation: UUID) -> bool:
    """Whether it is, or was before it was passed on, with a line of this organisation."""
    theirs = Q(from_line__organisation=organisation) | Q(to_line__organisation=organisation)
    return conversation.line.organisation_id == organisation or conversation.transfers.filter(theirs).exists()


def _by_code(inbound: Inbound, here: UUID | None, now: datetime) -> tuple[Conversation | None, str]:
    """The conversation in which this sender goes on, by the resume code in the message; and what is wrong with the code.

    A code opens its own conversation and proves nothing of the sender: anybody can write somebody else's address, or number,
    above a code of their own. So only a verified sender is moved. A right code is taken out of the message in any case: it
    opens everything, and has no place in a thread that others read.
    """
    found = _CODE.search(inbound.body)
    if not found or not codes.is_code(codes.tidy(found[1]), codes.RESUME_LENGTH):
        return None, ""
    if inbound.verified and not allowed("resume-by-channel", inbound.sender_digest, now=now):
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


def _go_on(target: Conversation, here: UUID | None, inbound: Inbound, channel: str, now: datetime) -> Conversation:
    """The conversation of the code goes on by this channel. What this sender wrote in another one stays there, which says so."""
    # In the order of whoever joins two conversations: neither waits for the other for ever.
    for pk in sorted({target.pk, here or target.pk}):
        thread.locked(pk)
    if here and here != target.pk:
        thread.system_message(thread.locked(here), MOVED_ON, now=now)
    _remember(target, inbound, channel)
    # Their code proves more than an address.
    Conversation.objects.filter(pk=target.pk).update(channel=channel)
    if inbound.body or inbound.attachments:
        services.write(journey=target.journey, body=_text(inbound), channel=channel, **_how(inbound, now))
    held = thread.locked(target.pk)
    record(ConversationResumed(**promise.conversation_ids(held)), now=now)
    thread.system_message(held, GOES_ON[channel], now=now)
    return held


def _remember(conversation: Conversation, inbound: Inbound, channel: str) -> None:
    """This sender's messages come here from now on. Answers of a conversation where they came before still leave for them."""
    same = ChannelAddress.objects.filter(channel=channel, digest=inbound.sender_digest, account_of=inbound.account_of)
    same.receiving().exclude(conversation=conversation).update(receives=False)
    # Two of them hang on one conversation once a human has joined it with the one of before.
    address = same.filter(conversation=conversation).order_by("-receives", "-id").first()
    address = address or ChannelAddress(
        conversation=conversation, channel=channel, digest=inbound.sender_digest, account_of=inbound.account_of
    )
    address.receives, address.address, address.last_at = True, inbound.sender, inbound.received_at
    address.reply_token, address.reply_until = inbound.reply_token, inbound.reply_until
    address.save()


def _how(inbound: Inbound, now: datetime) -> dict:
    """What is the same of this message wherever it is written."""
    doubt = "" if inbound.verified else Message.Doubt.UNKNOWN if inbound.verified is None else Message.Doubt.FAILED
    return {"key": inbound.id, "now": now, "since": inbound.received_at, "doubt": doubt, "whole": _whole(inbound)}


def _tell_that_it_stays(held: Conversation, channel: str, now: datetime) -> None:
    key = uuid5(held.pk, f"stays:{channel}")
    if not held.messages.filter(key=key).exists():
        thread.system_message(held, STAYS[channel], now=now, key=key)


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
    """The letter before anything was folded away, without the code that opens a conversation (private links were hidden when it came in)."""
    return _CODE.sub("code …", inbound.whole)


def _welcome(conversation: Conversation, now: datetime) -> str:
    """Until when a human answers, in absolute words: the letter may be read tomorrow."""
    hours, due = conversation.line.hours(), conversation.due_at
    if due is None:
        return "Ton message est bien arrivé. La ligne est fermée pour l’instant : une personne te répondra dès qu’elle rouvre."
    if later := selectors.later_than_promised(conversation.line, now, coming=0):
        when = f"{day(later, hours.zone)} vers {clock(later, hours.zone)}"
        return f"Ton message est bien arrivé. Beaucoup de messages attendent : une personne te répond {when}."
    when = f"{day(due, hours.zone)} avant {clock(due, hours.zone)}"
    return f"Ton message est bien arrivé. Une personne te répond {when}."


def _say(text: str, conversation: Conversation, inbound: Inbound, channel: str, now: datetime) -> None:
    """An automatic sentence back by the same channel, unless nothing may be said. Each form on Discord also gets its private link."""
    key = f"told:{inbound.id}"
    if channel == Channel.DISCORD and inbound.reply_until and now < inbound.reply_until:
        address = ChannelAddress.objects.receiving().get(
            channel=channel, digest=inbound.sender_digest, account_of=inbound.account_of
        )
        link = f"Ton lien privé pour continuer, pendant sept jours : {links.make(conversation, now=now, sent_by=f'address:{address.pk}')}"
        outbound.enqueue_discord(address, f"{text}\n\n{link}".strip(), key=key, now=now)
    elif not text or inbound.quiet:
        return
    elif channel == Channel.EMAIL:
        outbound.write(conversation, "coaching/told", to=inbound.sender, key=key, now=now, words=text)
    elif channel == Channel.SMS and sms_allowed(now, conversation.is_minor, zone_of(inbound.sender)):
        # At night an answer to « bien arrivé ? » the next morning would only disturb.
        outbox.enqueue(
            "sms",
            key=key,
            payload={
                "to": inbound.sender,
                "text": _short(text, outbound.name_for(conversation)),
                "account_of": inbound.account_of.hex if inbound.account_of else "",
            },
            now=now,
            about=conversation.pk,
            owner=conversation.line.organisation_id,
        )


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
    line = _line_of_question(question)
    return line and services.open_conversation(
        line=line,
        pseudonym=question.pseudonym,
        commune=None,
        touch=question.touch,
        body=question.body,
        key=question.id,
        now=now,
        channel=Channel.QUESTION,
    )


def _line_of_question(question: Question):
    return directory.line_for(routing.case(organisation=question.story.organisation_id))


def question_conversation(secret: str, *, opening: bool, now: datetime) -> Conversation | None:
    """The conversation of the question that this secret address belongs to, once a human has made it private.

    If there was no line when it became private, whoever is `opening` it opens it; None for who only looks. Raises LinkOver.
    """
    question = questions.by_secret(secret, now=now)
    if question.state == Question.State.PRIVATE:
        if conversation := _gone_on(question):
            return conversation
        if opening and (opened := open_from_question(question=question, now=now)):
            return opened.conversation
        if not opening and _line_of_question(question):
            return None
    raise LinkOver(OVER)


def _gone_on(question: Question) -> Conversation | None:
    """The conversation that it opened, or the one that this has ended in: its words are there, under the same key."""
    found = Conversation.objects.select_related("journey")
    joined = Q(messages__key=question.id, messages__side=Message.Side.YOUNG, messages__channel=Channel.QUESTION)
    return found.filter(key=question.id).first() or found.filter(joined).first()
