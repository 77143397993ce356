"""How long what the catalogue writes by itself is kept; its data are public."""

from datetime import timedelta

from django.db.models.functions import Coalesce

from relais.foundation.retention import kept, rule

from .models import (
    ROWS_KEPT,
    BroughtTable,
    Certification,
    ColumnMatch,
    Commune,
    ImportRun,
    ImportSlice,
    JobOffer,
    Occupation,
    OfferReport,
    RomeCode,
    RomeMobility,
    RomeName,
    SearchChange,
    Structure,
    Training,
)
from .search.index import KEPT_FOR
from .tables.models import LIFE

kept(
    "le catalogue",
    Certification,
    Commune,
    ImportRun,
    ImportSlice,
    JobOffer,
    Occupation,
    OfferReport,
    RomeCode,
    RomeMobility,
    RomeName,
    Structure,
    Training,
    until="des données publiques, tenues à jour par les imports",
    order=70,
)


def _forget_rows(runs, now) -> int:
    return runs.update(set_aside=[])


@rule(
    "import-rows",
    what="Lignes qu’un import a mises de côté",
    since="fin de l’import",
    keep=ROWS_KEPT,
    order=194,
    why="Le temps de les corriger à leur source. Ensuite il ne reste que leur nombre.",
    does=_forget_rows,
)
def import_rows(before):
    over = Coalesce("finished_at", "started_at")
    return ImportRun.objects.exclude(set_aside=[]).alias(over=over).filter(over__lte=before)


@rule(
    "search-changes",
    what="Ce qui a changé dans le catalogue",
    since="changement",
    keep=timedelta(seconds=KEPT_FOR),
    order=190,
    why="Rien de personnel : sert à tenir la recherche à jour.",
)
def search_changes(before):
    return SearchChange.objects.filter(at__lte=before)


kept(
    "les colonnes reconnues",
    ColumnMatch,
    until="quelle colonne d’un tableau contenait quoi : rien de personnel",
    order=75,
)


@rule(
    "tables",
    what="Tableaux qu’une équipe apporte",
    since="envoi du tableau",
    keep=LIFE,
    order=195,
    often=True,
    why="Vidés dès que leurs lignes sont entrées, et de toute façon dans la journée.",
)
def tables(before):
    return BroughtTable.objects.filter(brought_at__lte=before)
