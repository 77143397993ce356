"""Many touches at once, from a table: what its rows say, rehearsed, then made. The file and its columns are read as every table (catalogue/tables)."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.urls import Resolver404, resolve

from relais.accounts.models import Organisation, Role, User
from relais.accounts.permissions import record_access
from relais.catalogue.folding import fold
from relais.catalogue.importing import Unusable, mark_of
from relais.catalogue.tables import services as tables
from relais.catalogue.tables.columns import Field
from relais.catalogue.tables.intake import Sheet
from relais.catalogue.tables.models import BRINGERS, BroughtTable
from relais.foundation.refusals import ChangedMeanwhile, NotAcceptable
from relais.foundation.typed import one_line
from relais.stories.models import Story

from .forms import LONGEST, MADE_BY_HAND
from .models import Touch
from .services import make_touches

TOUCHES = "touches"
ONE = "contact"
BRINGERS[TOUCHES] = (Role.CAMPAIGN_MANAGER,)
MOST = 1000
"""Touches of one table: a campaign that prints more brings several."""
STALE = "Depuis cet essai, les contacts de votre organisation, ou les témoignages publiés, ont changé. Relisez, puis confirmez."
IN_THE_NAME = "S’ajoute à la fin du nom."
FIELDS = (
    Field("label", "Nom", ("nom", "titre", "nom du contact", "contact", "intitule", "libelle", "designation")),
    Field("kind", "Sorte", ("sorte", "type", "support", "canal", "categorie", "nature", "media")),
    Field(
        "place", "Lieu", ("lieu", "commune", "ville", "endroit", "emplacement", "adresse", "etablissement"), IN_THE_NAME
    ),
    Field("day", "Date", ("date", "jour", "date de pose", "date de visite", "date de diffusion"), IN_THE_NAME),
    Field(
        "story",
        "Témoignage qui s’ouvre",
        ("temoignage", "histoire", "mene a", "cible", "page", "lien", "url", "adresse cible", "destination"),
        "Son titre, ou l’adresse de sa page. Sans témoignage : la page d’accueil.",
    ),
)
KINDS = {fold(name): value for value, label in MADE_BY_HAND for name in (value, label)} | {
    "ambassadeur": Touch.Kind.AMBASSADOR,
    "ambassadrice": Touch.Kind.AMBASSADOR,
    "classe": Touch.Kind.CLASS,
    "visite de classe": Touch.Kind.CLASS,
    "abribus": Touch.Kind.POSTER,
    "panneau": Touch.Kind.POSTER,
    "clip": Touch.Kind.VIDEO,
}
HOME = {"", "accueil", "page d accueil", "la page d accueil"}


# As people write, and as spreadsheets do; a year of two figures is of this century.
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4}|\d{2})(?: \d\d:\d\d(?::\d\d)?)?", re.ASCII
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[ T]\d\d:\d\d(?::\d\d)?)?", re.ASCII)


@dataclass
class Plan:
    """`added`, `there`: [{"kind", "label", "story", "line"}]. `aside`: [(number of the row, reason)]."""

    added: list[dict] = field(default_factory=list)
    there: list[dict] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """Of what would be done: whoever confirms has seen this, and nothing else."""
        return mark_of(msgspec.json.encode([self.added, self.there, self.aside]))


def bring(*, user: User, organisation: Organisation, name: str, data: bytes, now: datetime) -> BroughtTable:
    """Raises NotAllowed, Full, NotAcceptable."""
    return tables.bring(
        user=user, organisation=organisation, name=name, data=data, now=now, what=TOUCHES, fields=FIELDS, one=ONE
    )


def match(*, table_id: UUID, user: User, columns: dict[str, int], kind: str, now: datetime) -> BroughtTable:
    """Say which column holds what, and rehearse. Raises NotAllowed, Gone, NotAcceptable."""
    with tables.held(table_id, user, now, TOUCHES) as table:
        table.matching = {"columns": columns, "kind": kind}
        _rehearse(table, now)
    return table


def _rehearse(table: BroughtTable, now: datetime) -> None:
    made = plan(table, now)
    table.rehearsal = {
        "added": made.added,
        "there": made.there,
        "aside": made.aside,
        "mark": made.mark,
    }
    table.save(update_fields=["matching", "rehearsal"])


def rehearse_again(*, table_id: UUID, user: User, now: datetime) -> None:
    """The same columns against what is there now. Raises NotAllowed, Gone, NotAcceptable."""
    with tables.held(table_id, user, now, TOUCHES) as table:
        if not table.matching:
            raise NotAcceptable("Dites d’abord quelle colonne contient quoi.")
        _rehearse(table, now)


def is_current(table: BroughtTable, now: datetime) -> bool:
    return table.rehearsal["mark"] == plan(table, now).mark


def confirm(*, table_id: UUID, user: User, mark: str, now: datetime) -> int:
    """Make what was rehearsed, once; `mark` is of the rehearsal that was shown. How many: a second press finds the number of the first.

    Raises NotAllowed, Gone, NotAcceptable, ChangedMeanwhile.
    """
    with tables.alone_with(table_id, user, now, TOUCHES) as table:
        if table.made is not None:
            return table.made
        # Nobody makes a touch of this organisation between this look and what follows.
        organisation = Organisation.objects.select_for_update().get(pk=table.organisation_id)
        if not table.matching or (made := plan(table, now)).mark != mark:
            raise ChangedMeanwhile(STALE)
        if not made.added:
            raise NotAcceptable("Aucune ligne de ce tableau ne fait un nouveau contact : rien n’est créé.")
        values = [(one["kind"], one["label"], one["story"]) for one in made.added]
        table.made, table.sheet, table.rehearsal = make_touches(organisation, values, now), {}, {}
        table.save(update_fields=["made", "sheet", "rehearsal"])
        record_access(user, "import", table, reason=table.name, now=now)
    return table.made


def plan(table: BroughtTable, now: datetime) -> Plan:
    """What each row would do. Raises NotAcceptable when there are too many."""
    sheet = Sheet(**table.sheet)
    if len(sheet.rows) > MOST:
        raise NotAcceptable(f"{MOST} contacts au plus par tableau : partagez-le en plusieurs fichiers.")
    reader = _Reader(sheet, table.matching, now)
    known = {(kind, label.lower()) for kind, label in table.organisation.touches.values_list("kind", "label")}
    made, seen = Plan(), {}
    for number, row in enumerate(sheet.rows):
        line = sheet.lines[number]
        try:
            one = reader.touch(row) | {"line": line}
        except Unusable as why:
            made.aside.append((number, str(why)))
            continue
        key = (one["kind"], one["label"].lower())
        if key in known:
            made.there.append(one)
        elif key in seen:
            made.aside.append((number, f"même sorte et même nom qu’une autre ligne : la ligne {seen[key]}"))
        else:
            seen[key] = line
            made.added.append(one)
    return made


class _Reader:
    def __init__(self, sheet: Sheet, matching: dict, now: datetime):
        self.sheet, self.columns, self.usual = sheet, matching["columns"], matching["kind"]
        self.stories: dict[str, list[str]] = {}
        self.slugs = set()
        for slug, title in Story.objects.published(now).order_by("slug").values_list("slug", "title"):
            self.stories.setdefault(fold(title), []).append(slug)
            self.slugs.add(slug)

    def text(self, row: list[str], key: str) -> str:
        column = self.columns.get(key)
        return "" if column is None else " ".join(self.sheet.cell(row, column).split())

    def touch(self, row: list[str]) -> dict:
        name = self.text(row, "label")
        if not any(sign.isalnum() for sign in name):
            raise Unusable("sans nom")
        label = ", ".join(filter(None, [name, self.text(row, "place"), self._day(row)]))
        if len(label) > LONGEST:
            raise Unusable(f"nom trop long, {LONGEST} signes au plus avec le lieu et la date : {label[:60]}…")
        return {"kind": self._kind(row), "label": one_line(label), "story": self._story(row)}

    def _kind(self, row: list[str]) -> str:
        written = self.text(row, "kind")
        if not written:
            return self.usual
        folded = fold(written)
        if fold(Touch.Kind.SHARE.label) == folded:
            raise Unusable("un lien de partage se fait avec son témoignage, pas ici")
        found = KINDS.get(folded) or KINDS.get(folded.removesuffix("s"))
        if not found:
            raise Unusable(f"sorte inconnue : {written[:60]}")
        return str(found)

    def _day(self, row: list[str]) -> str:
        written = self.text(row, "day")
        if not written:
            return ""
        found = _DAY_FIRST.fullmatch(written) or _YEAR_FIRST.fullmatch(written)
        try:
            year, month, day = (int(found[part]) for part in ("year", "month", "day")) if found else (0, 0, 0)
            return f"{date(year + 2000 if year < 100 else year, month, day):%d/%m/%Y}"
        except ValueError:
            raise Unusable(f"date illisible : {written[:40]}") from None

    def _story(self, row: list[str]) -> str:
        """The slug of a published testimony, "" for the home page."""
        written = self.text(row, "story")
        if fold(written) in HOME or written == "/":
            return ""
        if "/" in written:
            return self._at(written)
        found = self.stories.get(fold(written), [written] if written in self.slugs else [])
        if len(found) > 1:
            raise Unusable(f"plusieurs témoignages ont ce titre, donnez l’adresse de sa page : {written[:60]}")
        if not found:
            raise Unusable(f"témoignage inconnu, ou pas publié : {written[:60]}")
        return found[0]

    def _at(self, written: str) -> str:
        """Only a page of ours: its path alone counts, so a link made for another host name of this site serves too."""
        try:
            found = resolve(urlsplit(written).path)
        except (Resolver404, ValueError):
            found = None
        slug = found.kwargs.get("slug", "") if found and found.url_name == "story" else ""
        if slug not in self.slugs:
            raise Unusable(f"cette adresse n’est pas celle d’un témoignage publié ici : {written[:60]}")
        return slug
