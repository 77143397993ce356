"""Private links: an address that opens a conversation on the telephone that receives it.

Programs open links before people do (previews, scanners of mail): opening one only shows a button, pressing it lets in.
"""

from datetime import datetime, timedelta

from relais.foundation import links
from relais.foundation.models import Link
from relais.foundation.refusals import LinkOver

from ..models import Conversation

LIFE = timedelta(days=7)
"""Afterwards the code of the person, a new answer, or another link sent to the same address opens the conversation."""
CONVERSATION = "coaching.conversation"
WAYS = (("J’ai un code de reprise", "/parler/reprendre"), ("Écrire à quelqu’un", "/parler"))


def _again(link: Link, now: datetime) -> None:
    from . import outbound

    outbound.link_again(link, now=now)


links.declare(
    links.Purpose(
        CONVERSATION,
        "/parler/l/{}",
        "who wrote, by e-mail, SMS or Discord, wherever they are answered",
        LIFE,
        short=True,
        again=_again,
        young=True,
        hint="Ta conversation, elle, est toujours là.",
        ways=WAYS,
    )
)


def make(conversation: Conversation, *, now: datetime, sent_by: str = "") -> str:
    """A new link, as the whole address. Call it inside the transaction of what carries it away; `sent_by`: see `outbound.link_again`."""
    secret = links.make(CONVERSATION, conversation.pk, now=now, about=conversation.pk, sent_by=sent_by)
    return links.address(CONVERSATION, secret, organisation=conversation.line.organisation_id)


def opened_by(secret: str, *, now: datetime) -> Conversation:
    """The conversation behind a link that still counts. Raises LinkOver."""
    link = links.opened(secret, CONVERSATION, now=now)
    found = Conversation.objects.select_related("journey").filter(pk=link.subject).first()
    if found is None:
        raise LinkOver(links.OVER)
    return found


def revoke(conversation: Conversation, *, now: datetime) -> None:
    """Those already sent open nothing more; the next answer carries another one."""
    links.revoke(CONVERSATION, conversation.pk, now=now)
