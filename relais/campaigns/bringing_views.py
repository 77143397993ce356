"""The pages that bring many touches by a table."""

from django import forms

from relais.catalogue.tables.forms import ColumnsForm
from relais.catalogue.tables.pages import TablePages
from relais.foundation.lists import Column, Listing
from relais.stories.models import Story

from . import bringing
from .forms import MADE_BY_HAND
from .models import Touch


class TouchColumnsForm(ColumnsForm):
    our_fields = bringing.FIELDS
    needed = "label"
    usual = forms.ChoiceField(
        label="Sorte des lignes qui n’en disent pas", choices=MADE_BY_HAND, initial=Touch.Kind.POSTER
    )

    def __init__(self, *args, begun: dict, **options):
        super().__init__(*args, begun=begun, **options)
        self.fields["usual"].initial = begun.get("kind", Touch.Kind.POSTER)
        self.beside("kind", "usual")

    def matching(self) -> dict:
        return {"columns": self.columns(), "kind": self.cleaned_data["usual"]}


def _listing(titles: dict[str, str]) -> Listing:
    kinds = dict(Touch.Kind.choices)
    columns = [
        Column("nom", "Nom", lambda one: one["label"]),
        Column("sorte", "Sorte", lambda one: kinds[one["kind"]]),
        Column(
            "vers",
            "Mène à",
            lambda one: titles.get(one["story"], one["story"]) if one["story"] else "La page d’accueil",
        ),
        Column("ligne", "Ligne du fichier", lambda one: one["line"], number=True),
    ]
    return Listing(("contact", "contacts"), columns, ordered="dans l’ordre du fichier")


class TouchPages(TablePages):
    what, one, most = bringing.TOUCHES, bringing.ONE, bringing.MOST
    prefix, folder = "campaigns:", "campaigns/tables"
    tabs = {
        "added": ("crees", "À créer"),
        "there": ("deja-la", "Déjà là"),
        "aside": ("mises-de-cote", "Mises de côté"),
    }
    columns_form = TouchColumnsForm
    work = bringing
    act = "Créer les contacts"
    forgotten = "Rien n’a été créé."

    def is_done(self, table):
        return table.made is not None

    def is_current(self, table, now):
        return bringing.is_current(table, now)

    def listing(self, shown, rows):
        slugs = {one["story"] for one in rows}
        return _listing(dict(Story.objects.filter(pk__in=slugs).order_by().values_list("pk", "title")))


pages = TouchPages()
