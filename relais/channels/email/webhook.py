"""Letters brought by the e-mail provider, at /entree/email/PROVIDER with the secret as the password of HTTP Basic.

Kept exactly as they came, answered, and read after (`reading`): no byte of a stranger is parsed while a page waits.
"""

from django.conf import settings
from django.http import Http404, JsonResponse
from django.utils import timezone

from .. import doors, services
from ..models import Channel
from .shapes import PROVIDERS


@doors.door("INBOUND_EMAIL_SECRET")
def email_door(request, provider: str):
    if not doors.same(doors.password_of(request.headers.get("authorization", "")), settings.INBOUND_EMAIL_SECRET):
        return doors.wrong_key(request)
    if provider not in PROVIDERS:
        raise Http404
    try:
        raw = doors.whole_body(request, doors.LONGEST_LETTER)
    except doors.TooLong:
        return doors.too_long()
    services.keep(channel=Channel.EMAIL, shape=provider, raw=raw, at=timezone.now())
    return JsonResponse({"kept": 1})
