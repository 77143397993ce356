"""A code that leads nowhere: mistyped from a poster, most often."""

from django.db import OperationalError
from django.shortcuts import render
from django.views.decorators.http import require_safe

from relais.accounts.permissions import public
from relais.foundation import codes

from .models import Touch


@public
@require_safe
def unknown_code(request, code):
    typed = codes.tidy(code)[:20]
    if request.method == "GET" and Touch.objects.filter(code=typed).exists():
        # The code is good: it came here because its follow could not be written. To say it is unknown would be false.
        raise OperationalError("A follow could not be written")
    return render(request, "campaigns/unknown_code.html", {"typed": typed, "length": codes.TOUCH_LENGTH}, status=404)
