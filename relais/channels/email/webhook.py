"""Letters brought by the e-mail provider, at /entree/email/PROVIDER with the secret as the password of HTTP Basic.

The shapes of the providers are read by django-anymail; keeping, refusing and answering is ours.
"""

import logging
from types import SimpleNamespace

from anymail.inbound import AnymailInboundMessage
from anymail.webhooks.brevo import BrevoInboundWebhookView
from anymail.webhooks.mailjet import MailjetInboundWebhookView
from anymail.webhooks.postmark import PostmarkInboundWebhookView
from django.conf import settings
from django.http import Http404, JsonResponse
from django.utils import timezone

from .. import doors, services
from ..models import Channel
from .parsing import Letter, read, read_message

log = logging.getLogger(__name__)


class _Brevo(BrevoInboundWebhookView):
    """Attachments stay at the provider: they would be fetched only to be thrown away."""

    def _fetch_attachment(self, attachment):
        described = {"content_type": attachment.get("ContentType"), "filename": attachment.get("Name")}
        return AnymailInboundMessage.construct_attachment(content=b"", **described)


def _anymail(view, **options):
    def letters(body: bytes) -> list[Letter]:
        # The secret was checked by this door: the view only reads the body.
        events = view(webhook_secret="checked", **options).parse_events(SimpleNamespace(body=body))  # noqa: S106
        return [read_message(event.message, return_path=event.message.envelope_sender) for event in events]

    return letters


PROVIDERS = {
    "brevo": _anymail(_Brevo, api_key="unused"),
    "mailjet": _anymail(MailjetInboundWebhookView),
    "postmark": _anymail(PostmarkInboundWebhookView),
    # A mail server of one's own: the letter itself is the body.
    "mime": lambda body: [read(body)],
}


@doors.door("INBOUND_EMAIL_SECRET")
def email_door(request, provider: str):
    if not doors.same(doors.password_of(request.headers.get("authorization", "")), settings.INBOUND_EMAIL_SECRET):
        return doors.wrong_key(request)
    if provider not in PROVIDERS:
        raise Http404
    try:
        letters = PROVIDERS[provider](doors.whole_body(request, doors.LONGEST_LETTER))
    except doors.TooLong:
        return doors.too_long()
    except Exception:
        # A shape we do not know. The provider keeps the letter, tries again and tells its account holder.
        log.exception("A delivery of %s could not be read", provider)
        return doors.unreadable()
    for letter in letters:
        services.receive(channel=Channel.EMAIL, at=timezone.now(), **letter.fields())
    return JsonResponse({"kept": len(letters)})
