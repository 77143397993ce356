"""Who wants nothing more, and by which way: one list, asked of every message at the moment it leaves (`outbox.guard`).

What a person says themself (STOP, the link of a letter) holds for the whole installation: for whoever receives, one sender writes.
What they say to the account of one organisation holds for what that one sends, for what leaves by that account, and for who answers them there:
whoever holds the account could say it in anybody's name.
What an organisation notes because somebody told it so holds for the letters of that organisation only.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from relais.foundation import contacts, keys, links, outbox
from relais.foundation.events import record
from relais.foundation.folding import fold
from relais.foundation.models import Outbound

from .email import threads
from .events import RefusalWithdrawn, SenderStopped
from .models import Channel, Inbound, OptOut

SIGNS = 40
"""Of a digest, those that are kept: what a link opens has that many (`Link.subject`)."""
LINK_LIFE = timedelta(days=365)
"""Since the last letter that carried it."""

_ASKED = "the person asked for it a moment ago"
_DUTY = "a duty of the people of the team at work: nobody's safety hangs on a link in a letter"
_LAW = "the law wants it told"
PASSES = {
    "account": _ASKED + ": signing in, a second factor, a password, and what was changed there",
    "again": _ASKED + ": another link instead of one that was over",
    "approved": "opens the account of somebody who works here",
    "rights": "an account that got or lost a right: whoever stole one would silence it first",
    "reading-stop": _DUTY,
    "reading-warning": _DUTY,
    "alarm": _DUTY,
    "alarm-late": _DUTY,
    "aside": _DUTY,
    "unseen": _DUTY,
    "contact": _DUTY,
    "danger": _DUTY,
    "danger-late": _DUTY,
    "escalation": _DUTY,
    "oncall": _DUTY,
    "question-alarm": _DUTY,
    "notice-new": _DUTY,
    "take-down": _DUTY,
    "comment-hide": "says nothing to anybody",
    "notice-received": _LAW + ": regulation (EU) 2022/2065, article 16 (4)",
    "notice-decided": _LAW + ": regulation (EU) 2022/2065, article 16 (5)",
    "withdrawn": _LAW + ": a partner may not keep what the person took back (regulation (EU) 2016/679, article 19)",
    "closed": _LAW + ": as « withdrawn »",
    "stopped": _LAW + ": as « withdrawn »",
    "erased": _LAW + ": as « withdrawn »",
}
"""Kinds of messages (see `outbox.kind_of`) that leave in spite of the list, each with why. All others are stopped."""

_STOP = {
    "stop",
    "stopsms",
    "stopmail",
    "stopemail",
    "arret",
    "arreter",
    "arretez",
    "unsubscribe",
    "desabonnement",
    "desabonner",
    "desinscription",
    "desinscrire",
}
_SIGNATURE = re.compile(
    r"^\s*(?:-{2,}|_{3,}|envoy[ée] (?:de|depuis|à partir)\b|sent from\b)", re.IGNORECASE | re.MULTILINE
)


def asks_to_stop(text: str) -> bool:
    """Whether a message says STOP and nothing else, whatever its accents, signs, pictures and signature. A sentence is for a human."""
    if cut := _SIGNATURE.search(text):
        text = text[: cut.start()]
    return len(text) <= 200 and "".join(sign for sign in fold(text) if sign.isalnum()) in _STOP


# --- the list


def add(*, channel: str, address: str, how: str, now: datetime, owner: UUID | None = None) -> None:
    """Nothing more leaves there by this way. Twice is once. `owner`: the organisation that noted it or was told it, for its own letters."""
    found = {"channel": channel, "digest": _digest(channel, address), "owner": owner}
    _add(found, how, now)


def _add(found: dict, how: str, now: datetime) -> None:
    row, new = OptOut.objects.get_or_create(**found, defaults={"at": now, "how": how})
    if new:
        record(SenderStopped(channel=found["channel"]), now=now)
    else:
        # Said again, it is kept for as long again; said by the person, it is no more the team's to take back.
        said = how if row.how == OptOut.How.STAFF else row.how
        OptOut.objects.filter(pk=row.pk).update(at=max(row.at, now), how=said)


def lift(*, channel: str, address: str, owner: UUID | None = None) -> None:
    """The person wrote again, « OUI » or anything else: whoever writes waits for an answer. What was noted for them falls too.

    `owner`: to whose account they wrote. What they said to others, or for all, they take back there.
    """
    whose = Q(owner=owner) if owner else Q(owner=None) | Q(how=OptOut.How.STAFF)
    OptOut.objects.filter(whose, channel=channel, digest=_digest(channel, address)).delete()


def withdraw(*, channel: str, address: str, owner: UUID, now: datetime) -> bool:
    """The organisation takes back what it noted itself, for an address that was the wrong one. What the person said is theirs: it stays.

    False when it had noted nothing.
    """
    noted = OptOut.objects.filter(channel=channel, digest=_digest(channel, address), owner=owner, how=OptOut.How.STAFF)
    found, _ = noted.delete()
    if found:
        record(RefusalWithdrawn(channel=channel), now=now)
    return bool(found)


def holds(channel: str, address: str, *, owner: UUID | None = None) -> bool:
    """Whether what `owner` sends there by this way is stopped."""
    whose = Q(owner=None) | Q(owner=owner)
    return OptOut.objects.filter(whose, channel=channel, digest=_digest(channel, address)).exists()


def heed(row: Inbound, *, proofs: Sequence[str] = (), elsewhere: bool = False) -> None:
    """What a message that came in says about the list: STOP ends, anything else that somebody wrote begins again.

    Whoever forges an e-mail neither stops the letters of somebody nor makes them begin again: it must be proven, or answer a letter that went to
    that very address (`proofs`) where nothing is checked. A number is believed, as the law on SMS wants it, for the organisation to whose account
    it wrote. A human sees what was not. Nor does it begin again for somebody whom a stranger only asks to answer (`elsewhere`).
    """
    answers = proof_of(row.sender) in proofs
    if row.channel == Channel.EMAIL and not (row.verified or (row.verified is None and answers)):
        return
    for owner in _told(row):
        if row.reason == Inbound.Reason.STOP:
            add(channel=row.channel, address=row.sender, how=OptOut.How.WORD, now=row.received_at, owner=owner)
        elif not row.reason and row.verified is not False and (answers or not elsewhere):
            lift(channel=row.channel, address=row.sender, owner=owner)


def _told(row: Inbound) -> set[UUID | None]:
    """Whom a message speaks to: those to whose account it was written, and those with whom the conversation goes on, if it was passed on to them."""
    return {row.account_of, row.owner or row.account_of} if row.account_of else {None}


def proof_of(address: str) -> str:
    """What our letters to this address carry in their headers, and answers to them repeat (see `email.threads`)."""
    return keys.sign(f"answers:{_digest(Channel.EMAIL, address)}")[: threads.PROOF]


@outbox.guard
def check(row: Outbound) -> None:
    """Raises Unwanted."""
    if outbox.kind_of(row.key) in PASSES:
        return
    # Below a comment it is the thread that is left alone: who wrote there is nobody we know.
    address = row.payload.get("comment") or row.payload.get("to", "")
    # By the account that they wrote to answers go back, whoever writes them by now.
    written_to = row.payload.get("account_of")
    owners = {row.owner, UUID(written_to) if written_to else row.owner}
    if address and any(holds(row.channel, address, owner=owner) for owner in owners):
        raise outbox.Unwanted


def digests_of(senders: tuple[str, ...]) -> list[str]:
    """Of whole digests of senders, what the list keeps."""
    return [one[:SIGNS] for one in senders]


def _digest(channel: str, address: str) -> str:
    return contacts.digest(channel, address)[:SIGNS]


# --- the link of a letter

LINK = links.declare(
    links.Purpose(
        "channels.no-more",
        "/ne-plus-recevoir/{}",
        "who receives a letter, below it and in its headers (RFC 8058)",
        LINK_LIFE,
        drawn=lambda link: link.subject,
        hint="Pour ne plus recevoir d’e-mails, il suffit de répondre STOP à l’un d’eux.",
    )
)


def address_for(to: str, owner: UUID | None, *, now: datetime) -> str:
    """The whole address that stops e-mails to `to`: always the same, so that an old letter still stops the next one."""
    return links.address(LINK, links.make(LINK, _digest(Channel.EMAIL, to), now=now), organisation=owner)


def is_stopped(link) -> bool:
    return OptOut.objects.filter(channel=Channel.EMAIL, digest=link.subject, owner=None).exists()


def stop_by(link, *, how: str, now: datetime) -> None:
    _add({"channel": Channel.EMAIL, "digest": link.subject, "owner": None}, how, now)


def begin_again_by(link) -> None:
    """By the page of their own letter: what organisations noted for them falls too."""
    OptOut.objects.filter(channel=Channel.EMAIL, digest=link.subject).delete()
