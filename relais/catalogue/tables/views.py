"""The import page: a file, its columns, a rehearsal, one confirmation. Each step is a page of its own."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import roles
from relais.foundation import refusals
from relais.foundation.lists import FILE

from . import services
from .forms import BringForm, MatchForm
from .intake import Sheet
from .lists import LISTS, aside, aside_file
from .models import IMPORTERS, BroughtTable
from .rehearsing import is_current
from .rows import reasons

TABS = {
    "added": ("ajoutees", "Ajoutées"), "changed": ("changees", "Changées"), "unchanged": ("inchangees", "Inchangées"),
    "removed": ("retirees", "Retirées"), "aside": ("mises-de-cote", "Mises de côté"),
}  # fmt: skip
"""What a rehearsal tells → the word of its tab in the address, its name."""

importers = roles(*IMPORTERS)


def _tables(request):
    return BroughtTable.objects.visible_to(request.user).current(timezone.now()).select_related("organisation", "by")


@importers
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request):
    form = BringForm(request.POST or None, request.FILES or None, user=request.user)
    if form.is_valid():
        file = form.cleaned_data["file"]
        with refusals.on(form, "file"):
            table = services.bring(
                user=request.user, organisation=form.cleaned_data["organisation"], name=file.name, data=file.read(), now=timezone.now()
            )
            return redirect("match_table", pk=table.pk)
    waiting = _tables(request).filter(run=None).defer("sheet", "rehearsal")
    return render(request, "catalogue/tables/bring.html", {"form": form, "waiting": waiting}, status=422 if form.errors else 200)


@importers
@require_http_methods(["GET", "HEAD", "POST"])
def match(request, pk):
    table = get_object_or_404(_tables(request), pk=pk)
    if table.run_id:
        return redirect("rehearsed_table", pk=pk)
    sheet = Sheet(**table.sheet)
    begun = table.matching or services.remembered(table)
    form = MatchForm(request.POST if request.method == "POST" else None, sheet=sheet, begun=begun)
    if form.is_valid():
        with refusals.on(form):
            services.match(table_id=pk, user=request.user, now=timezone.now(), **form.matching())
            return redirect("rehearsed_table", pk=pk)
    context = {"form": form, "table": table, "sheet": sheet, "is_remembered": bool(begun) and not table.matching}
    return render(request, "catalogue/tables/match.html", context, status=422 if form.errors else 200)


@importers
@require_safe
def rehearsed(request, pk):
    """What would happen; once it has, what happened."""
    table = get_object_or_404(_tables(request).select_related("run"), pk=pk)
    if table.run:
        return render(request, "catalogue/tables/done.html", {"table": table, "run": table.run})
    if not table.rehearsal:
        return redirect("match_table", pk=pk)
    told, sheet = table.rehearsal, Sheet(**table.sheet)
    counts = told["counts"]
    words = {word: what for what, (word, _) in TABS.items()}
    shown = words.get(request.GET.get("voir", "")) or next((what for what in TABS if counts[what]), "aside")

    def context(listed):
        return {
            "table": table, "sheet": sheet, "told": told, "counts": counts, "shown": shown, "is_current": is_current(table), "reasons": reasons(told["aside"]),
            "tabs": [(word, name, counts[what], what == shown) for what, (word, name) in TABS.items() if counts[what] or what != "removed"],
            "is_useful": counts["added"] + counts["changed"] + counts["unchanged"] > 0,
        }  # fmt: skip

    if shown == "aside":
        listing = aside_file(sheet) if FILE in request.GET else aside(sheet, table.matching["columns"].get("name"))
    else:
        listing = LISTS[shown]
    return listing.answer(request, told[shown], "catalogue/tables/rehearsed.html", context, voir=TABS[shown][0])


@importers
@require_POST
def rehearse_again(request, pk):
    get_object_or_404(_tables(request), pk=pk)
    with refusals.told(request):
        services.rehearse_again(table_id=pk, user=request.user, now=timezone.now())
    return redirect("rehearsed_table", pk=pk)


@importers
@require_POST
def confirm(request, pk):
    get_object_or_404(_tables(request), pk=pk)
    with refusals.told(request):
        services.confirm(table_id=pk, user=request.user, mark=request.POST.get("mark", ""), now=timezone.now())
    return redirect("rehearsed_table", pk=pk)


@importers
@require_POST
def forget(request, pk):
    get_object_or_404(_tables(request), pk=pk)
    with refusals.told(request):
        services.forget(table_id=pk, user=request.user, now=timezone.now())
        messages.success(request, "Ce tableau est oublié. Rien n’a été importé.")
    return redirect("bring_table")
