"""The letters of the answer line. No sensitive word, no name of a young person, in a subject or in a body."""

from datetime import datetime

from django.conf import settings
from django.template import engines
from django.utils import timezone


def escalation(supervisor, conversation) -> dict:
    context = {"supervisor": supervisor, "conversation": conversation, "address": f"{settings.SITE_URL}/pro/conversations/{conversation.id}/"}
    return _letter(supervisor.email, "Une conversation attend depuis trop longtemps", "escalation", context)


def handover(handover, secret: str) -> dict:
    return _letter(handover.partner_email, "Un jeune vous est adressé", "handover", _about(handover, secret, handover.link_expires_at))


def follow_up(handover, secret: str) -> dict:
    subject = "Merci. Votre lien pour nous dire la suite"
    return _letter(handover.partner_email, subject, "follow_up", _about(handover, secret, handover.follow_expires_at))


def _about(handover, secret: str, expires: datetime) -> dict:
    return {
        "handover": handover,
        "organisation": handover.conversation.line.organisation,
        "address": f"{settings.SITE_URL}/orientation/{secret}",
        "expires": timezone.localtime(expires),
    }


def _letter(to: str, subject: str, name: str, context: dict) -> dict:
    text = engines["jinja"].get_template(f"coaching/mail/{name}.txt").render(context)
    return {"to": to, "subject": subject, "text": text.strip() + "\n"}
