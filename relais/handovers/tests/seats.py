"""What is done, and read, about a session in a conversation."""

import re
from html import unescape

from django.test import Client

from relais.agenda.models import Registration
from relais.handovers import sessions


def invite(conversation, session, user, now):
    return sessions.invite(conversation=conversation, session=session, user=user, now=now)


def decide(one, conversation, now, *, comes=True):
    seen = Registration.objects.get(pk=one.pk).state
    return sessions.decide(registration=one, journey=conversation.journey, comes=comes, seen=seen, now=now)


def leave(client, address):
    """Pressed on the page as it is now."""
    (seen,) = re.findall(r'name="seen" value="([a-z]+)"', client.get(address).text)
    return client.post(address, {"choice": "leave", "seen": seen})


def last(conversation) -> str:
    return conversation.messages.order_by("-seq").first().body


def young(conversation, settings) -> Client:
    client = Client()
    client.cookies[settings.JOURNEY_COOKIE_NAME] = conversation.cookie
    return client


def read(client, address) -> str:
    """The page, with plain spaces and without its other marks."""
    return unescape(client.get(address).text).replace("\u00a0", " ").replace("\u202f", " ")
