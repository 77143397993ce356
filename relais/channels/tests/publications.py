"""A publication on each network, and what is asked of it: comments since an hour, an answer that leaves."""

from datetime import UTC, datetime, timedelta

from relais.foundation import outbox
from relais.foundation.models import Outbound

from .networks import Instagram, TikTok, YouTube

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)
SINCE = BEGAN - timedelta(minutes=1)


# The publication, as its network names it, and its address.
PLACES = {
    "instagram": (Instagram, "DSabc_1-x", "https://www.instagram.com/reel/DSabc_1-x/"),
    "youtube": (YouTube, "dQw4w9WgXcQ", "https://www.youtube.com/shorts/dQw4w9WgXcQ"),
    "tiktok": (TikTok, "7301242590496705810", "https://www.tiktok.com/@relais/video/7301242590496705810"),
}
State = Outbound.State


def keep(comments, found):
    for comment in comments:
        found.append(comment.id)
        yield comment


# --- out, through the outbox


def leave(one, fake, now, do="reply", **payload):
    payload = {
        "do": do,
        "to": "…",
        "subject": "…",
        "comment": "c2",
        "address": PLACES[one.name][2],
        "text": "Oui.",
        "account": one.account,
    } | payload
    outbox.enqueue(one.name, key="k", payload=payload, now=now, owner=None)
    outbox.send_due(now)
    return Outbound.objects.get(key="k")
