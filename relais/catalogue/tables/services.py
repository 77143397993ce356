"""Bringing a table into the catalogue: keep what was sent, match its columns, rehearse, confirm."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from relais.accounts.models import Organisation, User
from relais.accounts.permissions import record_access
from relais.foundation.refusals import ChangedMeanwhile, Full, Gone, NotAcceptable, NotAllowed

from ..importing import apply, one_at_a_time
from ..models import ImportRun
from .columns import FIELDS, Field, digest_of
from .intake import Sheet, read, tidy_name
from .models import BRINGERS, STRUCTURES, BroughtTable, ColumnMatch
from .rehearsing import rehearse, seen_of
from .rows import before_of, plan

MOST = 10
"""Tables that one organisation works on at a time."""
STALE = "Depuis cet essai, les structures de votre organisation, ou le choix des colonnes, ont changé. Refaites l’essai, relisez, puis confirmez."


def bring(
    *,
    user: User,
    organisation: Organisation,
    name: str,
    data: bytes,
    now: datetime,
    what: str = STRUCTURES,
    fields: tuple[Field, ...] = FIELDS,
    one: str = "structure",
) -> BroughtTable:
    """Read a file and keep its rows, sealed, for a day at most. `what`, `fields`, `one`: of what its rows are (`models.BRINGERS`).

    Raises NotAllowed, Full, NotAcceptable.
    """
    _check(user, organisation.pk, what)
    if BroughtTable.objects.filter(organisation=organisation).waiting().current(now).count() >= MOST:
        raise Full(
            f"{MOST} tableaux de votre organisation attendent déjà d’être importés : terminez-en un, ou oubliez-le."
        )
    sheet = read(data, fields, one)
    return BroughtTable.objects.create(
        organisation=organisation, by=user, what=what, name=tidy_name(name), brought_at=now, sheet=sheet.as_dict()
    )


def remembered(table: BroughtTable) -> dict:
    """How the organisation matched its last table with the same headers; {} when there was none."""
    found = ColumnMatch.objects.filter(
        organisation=table.organisation_id, headers=digest_of(table.sheet["headers"])
    ).first()
    return found.matching if found else {}


def match(
    *, table_id: UUID, user: User, columns: dict[str, int], kind: str, missing: str, now: datetime
) -> BroughtTable:
    """Say which column holds what, and rehearse; the next table with these headers begins so. Raises NotAllowed, Gone, NotAcceptable."""
    with held(table_id, user, now) as table:
        table.matching = {"columns": columns, "kind": kind, "missing": missing}
        table.rehearsal = rehearse(table, now)
        table.save(update_fields=["matching", "rehearsal"])
        kept = {"matching": {"columns": columns, "kind": kind}}
        ColumnMatch.objects.update_or_create(
            organisation_id=table.organisation_id, headers=digest_of(table.sheet["headers"]), defaults=kept
        )
    return table


def rehearse_again(*, table_id: UUID, user: User, now: datetime) -> BroughtTable:
    """The same matching against what is there now. Raises NotAllowed, Gone, NotAcceptable."""
    with held(table_id, user, now) as table:
        if not table.matching:
            raise NotAcceptable("Dites d’abord quelle colonne contient quoi.")
        table.rehearsal = rehearse(table, now)
        table.save(update_fields=["rehearsal"])
    return table


def confirm(*, table_id: UUID, user: User, mark: str, now: datetime) -> ImportRun:
    """Import what was rehearsed, once; `mark` is of the rehearsal that was shown. Raises NotAllowed, Gone, NotAcceptable, ChangedMeanwhile.

    A second press finds the first one's run.
    """
    with alone_with(table_id, user, now) as table:
        if table.run:
            return table.run
        _refuse_if_stale(table, mark)
        if not sum(table.rehearsal["counts"][what] for what in ("added", "changed", "unchanged")):
            raise NotAcceptable("Aucune ligne de ce tableau ne peut servir : rien n’est importé.")
        made = plan(Sheet(**table.sheet), table.matching, table.source)
        outcome = ImportRun(
            source=table.source, organisation_id=table.organisation_id, by=user, origin=table.name, started_at=now
        )
        apply(made.batch, outcome, now, lambda *_: None)
        outcome.finished_at = timezone.now()
        outcome.save()
        # What was brought has served.
        table.run, table.sheet, table.rehearsal = outcome, {}, {}
        table.save(update_fields=["run", "sheet", "rehearsal"])
        record_access(user, "import", outcome, reason=table.name, now=now)
    return outcome


def _refuse_if_stale(table: BroughtTable, mark: str) -> None:
    """The rows are locked: nobody corrects one between this look and the import."""
    if (
        not table.rehearsal
        or table.rehearsal["mark"] != mark
        or table.rehearsal["seen"] != seen_of(before_of(table.source, locked=True))
    ):
        raise ChangedMeanwhile(STALE)


def forget(*, table_id: UUID, user: User, now: datetime, what: str = STRUCTURES) -> None:
    """Erase a table that will not be imported. Raises NotAllowed, Gone."""
    with held(table_id, user, now, what) as table:
        table.delete()


GONE = "Ce tableau n’est plus gardé : il l’est un jour au plus. Envoyez de nouveau le fichier."


@contextmanager
def alone_with(table_id: UUID, user: User, now: datetime, what: str = STRUCTURES) -> Iterator[BroughtTable]:
    """The table, alone with what its organisation brought, in a transaction. Always in this order: two of them never wait for each other."""
    known = BroughtTable.objects.current(now).filter(pk=table_id, what=what).first()
    if known is None:
        raise Gone(GONE)
    _check(user, known.organisation_id, what)
    with one_at_a_time(known.source), transaction.atomic():
        table = BroughtTable.objects.select_for_update(of=("self",)).select_related("run").filter(pk=table_id).first()
        if table is None:
            raise Gone(GONE)
        # Asked anew: whoever waited for the import of a colleague may have lost the right meanwhile.
        _check(User.objects.get(pk=user.pk), known.organisation_id, what)
        yield table


@contextmanager
def held(table_id: UUID, user: User, now: datetime, what: str = STRUCTURES) -> Iterator[BroughtTable]:
    """The same, still to be imported."""
    with alone_with(table_id, user, now, what) as table:
        if table.run_id or table.made is not None:
            raise Gone("Ce tableau est déjà importé.")
        yield table


def _check(user: User, organisation, what: str = STRUCTURES) -> None:
    if user.roles_in(organisation).isdisjoint(BRINGERS[what]):
        raise NotAllowed("Votre rôle dans cette organisation ne permet pas d’importer ce tableau.")
