"""What everybody may know: how the promise is kept."""

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from relais.accounts.permissions import public
from relais.coaching.line import routing
from relais.coaching.line.directory import line_for, lines
from relais.foundation import sites

from . import selectors_public
from .asked import asked


@public
@require_safe
def promise(request):
    now, every = timezone.now(), list(lines())
    of = asked(request.GET, every, rest=next((line for line in every if line.is_fallback), None))
    line = of.line or line_for(routing.case(organisation=sites.site_of(request).organisation_id))
    return render(
        request,
        "insights/promise.html",
        {"page": selectors_public.promise_page(now, of), "of": of, "line": line, "counted_at": now},
    )
