"""Where people of an organisation see each other by video, for those who look after it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import roles
from relais.foundation import refusals

from . import video
from .forms_video import PatternForm
from .models import MeetingPlaceQuerySet, VideoPattern

keepers = roles(*MeetingPlaceQuerySet.readers)


def _theirs(request):
    return request.user.organisations(*MeetingPlaceQuerySet.readers)


@keepers
@require_safe
def patterns(request):
    """The organisations that one looks after; of one alone there is nothing to choose."""
    found = list(_theirs(request))
    if len(found) == 1:
        return redirect("video_pattern", found[0].pk)
    return render(request, "agenda/video_patterns.html", {"organisations": found})


@keepers
@require_http_methods(["GET", "HEAD", "POST"])
def pattern(request, pk):
    organisation = get_object_or_404(_theirs(request), pk=pk)
    known = VideoPattern.objects.filter(organisation=organisation).first()
    initial = {"kind": known.kind, "address": known.address} if known else {"kind": ""}
    form = PatternForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form, "secret"):
            video.keep(organisation=organisation, user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, "C’est gardé, pour les rendez-vous que l’on choisira désormais.")
            return redirect("video_pattern", pk)
    context = {"organisation": organisation, "form": form, "known": known}
    return render(request, "agenda/video_pattern.html", context, status=422 if form.errors else 200)
