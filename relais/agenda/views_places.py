"""The places where an organisation sees people, for those who look after it."""

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from relais.accounts.permissions import roles
from relais.foundation import refusals

from . import places
from .forms_places import PlaceForm
from .lists import PLACES
from .models import MeetingPlace, MeetingPlaceQuerySet

keepers = roles(*MeetingPlaceQuerySet.readers)


@keepers
@require_safe
def listing(request):
    seen = MeetingPlace.objects.visible_to(request.user).annotate(room_count=Count("rooms"))
    return PLACES.answer(request, seen, "agenda/places.html")


@keepers
@require_http_methods(["GET", "HEAD", "POST"])
def place(request, pk=None):
    """A new place, or what is written about one."""
    theirs = MeetingPlace.objects.visible_to(request.user)
    known = None if pk is None else get_object_or_404(theirs, pk=pk)
    organisations = request.user.organisations(*MeetingPlaceQuerySet.readers)
    form = PlaceForm(request.POST or None, instance=known, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            kept = places.keep(
                place=form.instance,
                rooms=form.cleaned_data["rooms"],
                values=form.values(),
                user=request.user,
                now=timezone.now(),
            )
            messages.success(request, f"« {kept.name} » est gardé.")
            return redirect("places")
    context = {"form": form, "place": known and theirs.get(pk=pk)}
    return render(request, "agenda/place.html", context, status=422 if form.errors else 200)
