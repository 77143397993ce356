"""Somebody whom letters reach, and who writes."""

from django.utils import timezone

from relais.channels import services
from relais.foundation import outbox
from relais.foundation.models import Outbound

LEA, NUMBER = "lea@exemple.invalid", "+33639980001"
State = Outbound.State


def came(text, number="1", *, channel="email", sender=LEA, **more):
    more = {"verified": True} | more
    return services.receive(channel=channel, provider_id=number, sender=sender, body=text, at=timezone.now(), **more)[0]


def letter(key="reply:1", to=LEA, owner=None, **payload) -> Outbound:
    """The row of a letter that was let go."""
    payload = {"to": to, "subject": "Relais : un message pour toi", "text": "Bonjour"} | payload
    outbox.enqueue("email", key=key, payload=payload, now=timezone.now(), owner=owner)
    outbox.send_due(timezone.now())
    return Outbound.objects.get(key=key)
