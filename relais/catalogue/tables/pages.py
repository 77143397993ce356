"""The pages of one kind of tables: a file, its columns, a rehearsal, one confirmation. Each step is a page of its own.

What brings things by a table says in a subclass what is its own, and puts `addresses` among its others.
"""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import roles
from relais.foundation import refusals
from relais.foundation.lists import FILE, Listing

from . import services
from .bounds import ROWS
from .forms import BringForm, ColumnsForm
from .intake import Sheet
from .lists import aside, aside_file
from .models import BRINGERS, BroughtTable
from .rows import reasons


class TablePages(ABC):
    what: str
    """Of what its rows are (`models.BRINGERS`)."""
    one: str
    most = ROWS
    """What a row is called, and how many there may be."""
    prefix = ""
    """Of the names of its addresses: the namespace of the app."""
    folder: str
    """Of its templates, on those of `catalogue/tables/`."""
    tabs: dict[str, tuple[str, str]]
    """What a rehearsal tells → the word of its tab in the address, its name."""
    columns_form: type[ColumnsForm]
    work: Any
    """What does it: `bring`, `match`, `rehearse_again`, `confirm`."""
    act: str
    forgotten: str
    """The button that confirms; what is said once it is forgotten instead."""

    def addresses(self, here: str) -> list[URLPattern]:
        guard, form = roles(*BRINGERS[self.what]), require_http_methods(["GET", "HEAD", "POST"])
        steps = [
            ("bring_table", "", form(self.bring)),
            ("rehearsed_table", "/<uuid:pk>", require_safe(self.rehearsed)),
            ("match_table", "/<uuid:pk>/colonnes", form(self.match)),
            ("rehearse_table_again", "/<uuid:pk>/essai", require_POST(self.rehearse_again)),
            ("confirm_table", "/<uuid:pk>/confirmer", require_POST(self.confirm)),
            ("forget_table", "/<uuid:pk>/oublier", require_POST(self.forget)),
        ]
        return [path(f"{here}{tail}", guard(view), name=name) for name, tail, view in steps]

    def at(self, step: str, *args) -> str:
        """The path of one of its pages."""
        return reverse(f"{self.prefix}{step}", args=args)

    # --- what is its own

    @abstractmethod
    def is_done(self, table: BroughtTable) -> bool: ...

    @abstractmethod
    def is_current(self, table: BroughtTable, now: datetime) -> bool:
        """Whether what was rehearsed would still be done."""

    @abstractmethod
    def listing(self, shown: str, rows: list[dict]) -> Listing: ...

    def begun(self, table: BroughtTable) -> dict:
        """How its columns were matched before, or {}."""
        return table.matching

    def counts(self, told: dict) -> dict[str, int]:
        return {what: len(told[what]) for what in self.tabs}

    def shown_tabs(self, counts: dict[str, int]) -> list[str]:
        return list(self.tabs)

    def is_useful(self, counts: dict[str, int]) -> bool:
        """Whether there is anything to confirm."""
        return counts["added"] > 0

    # --- the pages

    def tables(self, request) -> QuerySet[BroughtTable]:
        found = BroughtTable.objects.visible_to(request.user, self.what).current(timezone.now())
        return found.select_related("organisation", "by", "run")

    def page(self, request, name: str, context: dict, form=None):
        status = 422 if form is not None and form.errors else 200
        return render(request, f"{self.folder}/{name}.html", {"here": self, "form": form, **context}, status=status)

    def bring(self, request):
        form = BringForm(
            request.POST or None,
            request.FILES or None,
            user=request.user,
            what=self.what,
            one=self.one,
            most=self.most,
        )
        if form.is_valid():
            file, organisation = form.cleaned_data["file"], form.cleaned_data["organisation"]
            with refusals.on(form, "file"):
                table = self.work.bring(
                    user=request.user, organisation=organisation, name=file.name, data=file.read(), now=timezone.now()
                )
                return redirect(self.at("match_table", table.pk))
        waiting = self.tables(request).waiting().defer("sheet", "rehearsal")
        return self.page(request, "bring", {"waiting": waiting}, form)

    def match(self, request, pk):
        table = get_object_or_404(self.tables(request), pk=pk)
        if self.is_done(table):
            return redirect(self.at("rehearsed_table", pk))
        sheet, begun = Sheet(**table.sheet), self.begun(table)
        form = self.columns_form(request.POST if request.method == "POST" else None, sheet=sheet, begun=begun)
        if form.is_valid():
            with refusals.on(form):
                self.work.match(table_id=pk, user=request.user, now=timezone.now(), **form.matching())
                return redirect(self.at("rehearsed_table", pk))
        is_remembered = bool(begun) and not table.matching
        return self.page(request, "match", {"table": table, "sheet": sheet, "is_remembered": is_remembered}, form)

    def rehearsed(self, request, pk):
        """What would happen; once it has, what happened."""
        table = get_object_or_404(self.tables(request), pk=pk)
        if self.is_done(table):
            return self.page(request, "done", {"table": table})
        if not table.rehearsal:
            return redirect(self.at("match_table", pk))
        told, sheet = table.rehearsal, Sheet(**table.sheet)
        counts = self.counts(told)
        words = {word: what for what, (word, _) in self.tabs.items()}
        shown = words.get(request.GET.get("voir", "")) or next((what for what in self.tabs if counts[what]), "aside")

        def context(listed):
            return {
                "here": self,
                "table": table,
                "told": told,
                "counts": counts,
                "is_useful": self.is_useful(counts),
                "shown": shown,
                "is_current": self.is_current(table, timezone.now()),
                "reasons": reasons(told["aside"]),
                "tabs": [(*self.tabs[what], counts[what], what == shown) for what in self.shown_tabs(counts)],
            }

        if shown == "aside":
            titled = table.matching["columns"].get(self.columns_form.needed)
            listing = aside_file(sheet) if FILE in request.GET else aside(sheet, titled)
        else:
            listing = self.listing(shown, told[shown])
        template, voir = f"{self.folder}/rehearsed.html", self.tabs[shown][0]
        return listing.answer(request, told[shown], template, context, voir=voir)

    def rehearse_again(self, request, pk):
        get_object_or_404(self.tables(request), pk=pk)
        with refusals.told(request):
            self.work.rehearse_again(table_id=pk, user=request.user, now=timezone.now())
        return redirect(self.at("rehearsed_table", pk))

    def confirm(self, request, pk):
        get_object_or_404(self.tables(request), pk=pk)
        with refusals.told(request):
            mark = request.POST.get("mark", "")
            self.work.confirm(table_id=pk, user=request.user, mark=mark, now=timezone.now())
        return redirect(self.at("rehearsed_table", pk))

    def forget(self, request, pk):
        get_object_or_404(self.tables(request), pk=pk)
        with refusals.told(request):
            services.forget(table_id=pk, user=request.user, now=timezone.now(), what=self.what)
            messages.success(request, f"Ce tableau est oublié. {self.forgotten}")
        return redirect(self.at("bring_table"))
