"""How an answer reaches the person: by the channel they last used, in the transaction of the answer, once.

On the site the open page shows it. By e-mail the whole text leaves; by SMS only that there is one, and a private link; on
Discord the text while Discord allows it, then nothing: the person holds a link since they wrote.
"""

import hmac
from datetime import datetime
from uuid import UUID

from relais.channels import accounts, opt_outs
from relais.channels.discord.transport import fitting
from relais.channels.sms.hours import next_allowed, zone_of
from relais.channels.sms.segment import one_segment
from relais.foundation import contacts, keys, letters, outbox, sites
from relais.foundation.grammar import de
from relais.foundation.models import Link, Outbound

from ..models import Callback, ChannelAddress, Conversation, Message
from . import links

Channel = Conversation.Channel
SUBJECT = " : un message pour toi"
"""Ends the subject of every letter, after the name of the site: it says nothing to whoever reads over a shoulder."""
ANSWERED, WORD = "{} : tu as une réponse.", "{} : tu as un message."


def deliver(message: Message) -> None:
    """Let a message that is in the thread also leave by the person's channel, where there is one. The outbox keeps it to once."""
    address = address_of(message.conversation)
    if address is None:
        _nudge(message)
    else:
        {Channel.EMAIL: _letter, Channel.SMS: _sms, Channel.DISCORD: _discord}[address.channel](message, address)


def address_of(conversation: Conversation) -> ChannelAddress | None:
    """Where the person is answered; None when that is on the site."""
    return conversation.addresses.filter(channel=conversation.channel).order_by("-last_at", "-id").first()


def thread_of(conversation: Conversation) -> str:
    """What stands for a conversation in the headers of a letter: its number, and the proof that we wrote it there."""
    return conversation.pk.hex + _proof(conversation.pk)


def conversation_of(thread: str) -> UUID | None:
    """The conversation of a `thread_of`, or None when it was not made here."""
    try:
        number = UUID(thread[:32])
    except ValueError:
        return None
    return number if hmac.compare_digest(thread[32:], _proof(number)) else None


def name_for(conversation: Conversation) -> str:
    """The name of the site that writes to them: that of the organisation whose line answers."""
    return sites.of(conversation.line.organisation_id).name


def has_sms(conversation: Conversation) -> bool:
    """Whether an SMS could leave for this person: where none could, no page offers it."""
    return accounts.is_offered(Channel.SMS, conversation.line.organisation_id)


def _proof(number: UUID) -> str:
    return keys.sign(f"thread:{number.hex}")[:32]


def _key(message: Message) -> str:
    return f"reply:{message.conversation_id}:{message.seq}"


def _letter(message: Message, address: ChannelAddress) -> None:
    link = links.make(message.conversation, now=message.at, sent_by=f"address:{address.pk}")
    name = name_for(message.conversation)
    write(
        message.conversation,
        "coaching/reply",
        to=address.address,
        key=_key(message),
        now=message.at,
        automatic=not message.author,
        words=message.body,
        who=f"{message.author}, de l’équipe {de(name)}" if message.author else f"{name} (un programme)",
        address=link,
    )


def write(
    conversation: Conversation, letter: str, *, to: str, key: str, now: datetime, automatic: bool = True, **said
) -> None:
    """A letter to the person, in which `said` stands. Its answer comes back into the conversation."""
    letters.send(
        letter,
        to=to,
        context={"ends": SUBJECT, **said},
        key=key,
        now=now,
        organisation=conversation.line.organisation_id,
        about=conversation.pk,
        thread=thread_of(conversation),
        automatic=automatic,
        account_of=_written_to(conversation, Channel.EMAIL, to),
    )


def _written_to(conversation: Conversation, channel: str, to: str) -> str:
    """To whose account this person wrote from there, in hexadecimal; '' where they did not, or to that of the installation."""
    known = conversation.addresses.filter(channel=channel, digest=contacts.digest(channel, to))
    found = known.order_by("-last_at", "-id").first()
    return found.account_of.hex if found and found.account_of else ""


def _sms(message: Message, address: ChannelAddress) -> None:
    """One SMS at a time: while one waits for the morning, it speaks for the messages after it."""
    waiting = Outbound.objects.filter(
        channel="sms", key__startswith=f"reply:{message.conversation_id}:", state=Outbound.State.WAITING
    )
    if not waiting.exists():
        words = (ANSWERED if message.author else WORD).format(name_for(message.conversation))
        enqueue_sms(
            message.conversation,
            address.address,
            words,
            key=_key(message),
            now=message.at,
            sent_by=f"address:{address.pk}",
        )


def enqueue_sms(
    conversation: Conversation, number: str, text: str, *, key: str, now: datetime, sent_by: str = ""
) -> None:
    """`text` and a private link, in one SMS, at an hour when it may ring. An address too long for it is left out."""
    try:
        whole = one_segment(f"{text} {links.make(conversation, now=now, sent_by=sent_by)}")
    except ValueError:
        whole = one_segment(text)
    not_before = next_allowed(now, conversation.is_minor, zone_of(number))
    outbox.enqueue(
        "sms",
        key=key,
        payload={"to": number, "text": whole, "account_of": _written_to(conversation, Channel.SMS, number)},
        now=now,
        not_before=not_before,
        about=conversation.pk,
        owner=conversation.line.organisation_id,
    )


def _discord(message: Message, address: ChannelAddress) -> None:
    if address.reply_until and message.at < address.reply_until:
        text = fitting(message.body, links.make(message.conversation, now=message.at, sent_by=f"address:{address.pk}"))
        enqueue_discord(address, text, key=_key(message), now=message.at)


def enqueue_discord(address: ChannelAddress, text: str, *, key: str, now: datetime) -> None:
    payload = {
        "to": address.address,
        "token": address.reply_token,
        "until": address.reply_until.isoformat(),
        "text": text,
        "account_of": address.account_of.hex if address.account_of else "",
    }
    outbox.enqueue(
        "discord",
        key=key,
        payload=payload,
        now=now,
        about=address.conversation_id,
        owner=address.conversation.line.organisation_id,
    )


def _nudge(message: Message) -> None:
    """Who left an e-mail or a number on the site is told once, by it, that there is an answer; never what it says."""
    callback = Callback.objects.filter(conversation=message.conversation_id).exclude(kind=Callback.Kind.PHONE).first()
    if callback is None or not message.author:
        return
    key = f"nudge:{message.conversation_id}:{callback.asked_at:%Y%m%d%H%M%S%f}"
    if Outbound.objects.filter(key=key).exists():
        return
    name = name_for(message.conversation)
    if callback.kind == Callback.Kind.SMS:
        enqueue_sms(
            message.conversation,
            callback.value,
            ANSWERED.format(name),
            key=key,
            now=message.at,
            sent_by=_left(callback),
        )
        return
    link = links.make(message.conversation, now=message.at, sent_by=_left(callback))
    write(message.conversation, "coaching/nudge", to=callback.value, key=key, now=message.at, address=link)


def _left(callback: Callback) -> str:
    """Another number left later is another recipient."""
    return f"callback:{callback.asked_at:%Y%m%d%H%M%S%f}"


def link_again(link: Link, *, now: datetime) -> None:
    """Another private link to whom this one was sent, by the same way: an address of the conversation (`sent_by` « address:12 ») or what was
    left to be called back (see `_left`). Nothing where that is gone, is not known, or where Discord lets nothing through any more."""
    way, _, number = link.sent_by.partition(":")
    conversation = Conversation.objects.select_related("line", "journey").filter(pk=link.subject).first()
    if conversation is None or not number:
        return
    if way == "address":
        found = conversation.addresses.filter(pk=number).first()
        channel, to = (found.channel, found.address) if found else ("", "")
    else:
        left = Callback.objects.filter(conversation=conversation).first()
        channel, to = (left.kind, left.value) if left and _left(left) == link.sent_by else ("", "")
    key, name = f"again:{link.pk}:{now:%Y%m%d%H%M}", name_for(conversation)
    if channel == Channel.SMS:
        enqueue_sms(conversation, to, f"{name} : ton nouveau lien.", key=key, now=now, sent_by=link.sent_by)
    elif channel == Channel.EMAIL:
        address = links.make(conversation, now=now, sent_by=link.sent_by)
        write(conversation, "coaching/link_again", to=to, key=key, now=now, address=address)
    elif channel == Channel.DISCORD and found.reply_until and now < found.reply_until:
        enqueue_discord(
            found,
            f"Ton nouveau lien, pendant sept jours : {links.make(conversation, now=now, sent_by=link.sent_by)}",
            key=key,
            now=now,
        )


# --- what is refused

WANTS_NO = {
    Channel.EMAIL: "Cette personne ne veut plus recevoir d’e-mails d’ici : rien ne part.",
    Channel.SMS: "Cette personne ne veut plus recevoir de SMS d’ici : rien ne part.",
    Channel.DISCORD: "Cette personne ne veut plus recevoir de messages sur Discord : rien ne part.",
}
"""In the conversation, before the team answers."""


def refused(conversation: Conversation) -> list[str]:
    """By which of their ways the person wants nothing more, in words for the team."""
    ways, owner = [], conversation.line.organisation_id
    if address := address_of(conversation):
        ways += [(address.channel, address.address, whose) for whose in (owner, address.account_of or owner)]
    left = Callback.objects.filter(conversation=conversation).exclude(kind=Callback.Kind.PHONE).first()
    ways += [(left.kind, left.value, owner)] if left else []
    return list(dict.fromkeys(WANTS_NO[way] for way, to, whose in ways if opt_outs.holds(way, to, owner=whose)))
