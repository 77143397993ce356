"""What everybody may know: how the promise is kept."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from relais.accounts.permissions import public
from relais.coaching.selectors import line_for

from . import selectors_public


@public
@require_safe
def promise(request):
    now = timezone.now()
    return render(request, "insights/promise.html", {"page": selectors_public.promise_page(now), "line": line_for(), "counted_at": now})
