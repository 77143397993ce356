"""What is kept, for how long, and what the last turns of the broom did: for those who answer for it."""

from django.shortcuts import render
from django.views.decorators.http import require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import roles

from ..models import RetentionRun
from . import retention

TURNS = 14


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_safe
def report(request):
    turns = list(RetentionRun.objects.order_by("-at", "-id")[:TURNS])
    last = next((turn for turn in turns if not turn.is_dry), None)
    rules = [(rule, (last.counts.get(rule.slug) if last else None)) for rule in retention.RULES]
    return render(request, "coaching/retention.html", {"rules": rules, "last": last, "turns": turns, "kept": retention.KEPT})
