"""Comments as a network gives them, and answers to them."""

from contextlib import contextmanager
from uuid import uuid4

from relais.channels.tests.networks import Said
from relais.foundation import meanwhile
from relais.stories.questions import comments

NOBODY = meanwhile.fingerprint({"réponses déjà écrites": ""})
"""What a page told on which no reply stood yet."""


REEL, URL = "DSabc_1-x", "https://www.instagram.com/reel/DSabc_1-x/"


DISTRESS = "je veux mourir ce soir"


def say(fake, *texts, at, by="lea.du.45"):
    said = [Said(f"c{len(fake.threads[REEL]) + n}", text, at, by) for n, text in enumerate(texts, 1)]
    fake.threads[REEL] += said
    return said


def seen_now(question) -> str:
    return meanwhile.fingerprint(comments.replies_told(question))


def answer(question, user, now, body="Non, pas au début.", seen=None, key=None, kind="answer"):
    seen = NOBODY if seen is None else seen
    return comments.reply(question=question, user=user, kind=kind, body=body, seen=seen, key=key or uuid4(), now=now)


@contextmanager
def counted(fake):
    before = len(fake.requests)
    yield lambda: len(fake.requests) - before
