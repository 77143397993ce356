"""Private links: an address that opens a conversation on the telephone that receives it.

Programs open links before people do (previews, scanners of mail): opening one only shows a button, pressing it lets in.
"""

import re
from datetime import datetime, timedelta

from relais.foundation import codes, sites

from ..models import Conversation, PrivateLink

LIFE = timedelta(days=7)
"""Afterwards the code of the person, or a new answer, opens the conversation."""
LENGTH = 12
"""Signs of codes.ALPHABET, 54 bits: an SMS has no room for more, and wrong ones are counted."""


# Mail programs that check links write them inside of their own, where each sign may be encoded, even twice.
_LINK = re.compile(r"(parler(?:/|%(?:25)*2F)l(?:/|%(?:25)*2F))(?:[\w-]|%(?:25)*2D)+", re.IGNORECASE)


def make(conversation: Conversation, *, now: datetime) -> str:
    """A new link, as the whole address. Call it inside the transaction of what carries it away."""
    secret = codes.readable(LENGTH)
    PrivateLink.objects.create(conversation=conversation, digest=codes.digest(secret), expires_at=now + LIFE)
    return sites.absolute(f"/parler/l/{secret}", organisation=conversation.line.organisation_id)


def opened_by(secret: str, *, now: datetime) -> Conversation | None:
    """The conversation behind a link that still counts."""
    digest = codes.digest(codes.tidy(secret[:40]))
    link = PrivateLink.objects.select_related("conversation__journey").filter(digest=digest, expires_at__gt=now).first()
    return link and link.conversation


def masked(text: str) -> str:
    """`text` without what makes a private link open: a letter that quotes ours is read by others than its author."""
    return _LINK.sub(r"\1…", text)
