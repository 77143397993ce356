"""Alarms that came together: all of them, each to be opened, and one decision about many."""

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from relais.foundation import refusals
from relais.foundation.forms import form_of
from relais.foundation.jinja import plural

from . import together
from .alarms import in_words
from .forms import GroupForm
from .lists import TOGETHER
from .models import Alarm, AlarmGroup
from .views import team_roles
from .watched import Watched


@team_roles
@never_cache
@require_safe
def alarm_group(request, pk):
    """Everything that came in one burst from one network, what is still to be read first."""
    return _page(request, _group(request, pk), GroupForm())


@team_roles
@form_of("alarm_group")
def alarm_group_false(request, pk):
    """Those that stood on the page are none: said once, kept for each."""
    group, form = _group(request, pk), GroupForm(request.POST)
    if form.is_valid():
        with refusals.on(form):
            number = together.say_false(
                group=group,
                user=request.user,
                shown=form.cleaned_data["read"],
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
            messages.success(
                request,
                f"{number} {plural(number, 'fausse alerte notée', 'fausses alertes notées')}. Vous pouvez revenir dessus ici.",
            )
            return redirect("alarm_group", pk=pk)
    return _page(request, group, form, status=422)


@team_roles
@form_of("alarm_group")
def alarm_group_again(request, pk):
    """Second thoughts: what was said of several at once is to be read again."""
    group = _group(request, pk)
    with refusals.told(request):
        number = together.take_back(group=group, user=request.user, now=timezone.now())
        words = f"{number} {plural(number, 'alerte est de nouveau à lire', 'alertes sont de nouveau à lire')}."
        messages.success(request, words if number else "Il n’y avait rien à reprendre.")
    return redirect("alarm_group", pk=pk)


def _group(request, pk) -> AlarmGroup:
    return get_object_or_404(AlarmGroup.objects.visible_to(request.user), pk=pk)


def _page(request, group: AlarmGroup, form: GroupForm, status: int = 200):
    kind, looked = Watched.of(group.subject_kind), together.look(group, request.user)

    theirs = Q(group=group) | Q(pk__in=[alarm.pk for alarm in looked.elsewhere])
    alarms = Alarm.objects.visible_to(request.user).filter(theirs).select_related("seen_by")
    listed = TOGETHER.of(request, alarms)
    rows = listed.page.object_list
    context = {
        "listed": listed,
        "group": group,
        "form": form,
        "looked": looked,
        "total": group.alarms.count(),
        "subjects": kind.thing.found({alarm.subject_id for alarm in rows}),
        "what": {alarm.pk: in_words(alarm) for alarm in rows},
        "back_at": kind.listed,
        "taken": group.alarms.filter(is_false=True).exclude(together="").count(),
    }
    return render(request, "safeguarding/alarm_group.html", context, status=status)
