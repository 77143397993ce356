"""Letters brought by the e-mail provider, at /entree/email/PROVIDER with the secret as the password of HTTP Basic.

Kept exactly as they came, answered, and read after (`reading`): no byte of a stranger is parsed while a page waits.
"""

from django.conf import settings
from django.http import Http404, JsonResponse
from django.utils import timezone

from .. import services, webhooks
from ..models import Channel
from .shapes import PROVIDERS


@webhooks.webhook("INBOUND_EMAIL_SECRET")
def email_webhook(request, provider: str):
    if not webhooks.same(webhooks.password_of(request.headers.get("authorization", "")), settings.INBOUND_EMAIL_SECRET):
        return webhooks.wrong_key(request)
    if provider not in PROVIDERS:
        raise Http404
    try:
        raw = webhooks.whole_body(request, webhooks.LONGEST_LETTER)
    except webhooks.TooLong:
        return webhooks.too_long()
    services.keep(channel=Channel.EMAIL, shape=provider, raw=raw, at=timezone.now())
    return JsonResponse({"kept": 1})
