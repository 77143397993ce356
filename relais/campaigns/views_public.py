"""A code that leads nowhere: mistyped from a poster, most often."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from relais.accounts.permissions import public
from relais.foundation import codes


@public
@require_safe
def unknown_code(request, code):
    typed = codes.tidy(code)[:20]
    return render(request, "campaigns/unknown_code.html", {"typed": typed, "length": codes.TOUCH_LENGTH}, status=404)
