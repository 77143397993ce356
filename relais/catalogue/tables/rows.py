"""A sheet and its matching become records of structures: what the differ of every import compares and writes."""

import re
from collections import Counter
from dataclasses import dataclass, field
from math import hypot

from relais.foundation.refusals import NotAcceptable
from relais.foundation.typed import one_line

from ..folding import fold
from ..importing import Batch, Table, Unusable, mark_of
from ..models import Commune, Structure
from ..placing import ZONES
from ..selectors import CITIES_IN_PARTS, UnknownCommune, commune_from
from ..sources.corrected import overlay_of
from ..sources.places import Places
from ..sources.text import plain, short
from . import cells
from .intake import Sheet

REPAIRED = "réparé"
NEAR = 0.5
"""Degrees, about 50 km: a point farther than that from its commune is a slip."""
SHOWN = {
    "name": "Nom",
    "kind": "Type",
    "commune_id": "Commune",
    "address": "Adresse",
    "phone": "Téléphone",
    "email": "E-mail",
    "website": "Site web",
    "description": "Ce qui s’y fait",
    "latitude": "Latitude",
    "longitude": "Longitude",
    "is_active": "Dans le catalogue",
}
"""What a rehearsal tells of a row, before and after."""
_OPTIONAL = ("address", "phone", "email", "website", "description")


@dataclass
class Plan:
    """`batch`: for the differ. `aside`: (number of the row in the sheet, reason). `line_of`: key → number of its row. `before`: what is there. `formerly`:
    key → the one it had so far, of what came without an identifier before and has one now.
    """

    batch: Batch
    before: dict[str, dict]
    line_of: dict[str, int] = field(default_factory=dict)
    aside: list[tuple[int, str]] = field(default_factory=list)
    formerly: dict[str, str] = field(default_factory=dict)

    def was(self, key: str) -> dict | None:
        """As it stands so far; None for what is new."""
        return self.before.get(self.formerly.get(key, key))

    @property
    def table(self) -> Table:
        return self.batch.tables[0]

    def after(self, key: str) -> dict:
        """As it would stand: what the team corrected lies over it."""
        return self.table.overlay(key, self.table.records[key])


def plan(sheet: Sheet, matching: dict, source: str) -> Plan:
    """Raises NotAcceptable when nothing can be placed: the communes of France are not there."""
    if not Commune.objects.exists():
        raise NotAcceptable(
            "Les communes de France ne sont pas encore dans le catalogue : demandez à la personne qui tient ce serveur de les importer d’abord."
        )
    made = Plan(Batch([]), before_of(source))
    maker, records, spared = _Maker(sheet, matching, source, made), {}, set()
    for number, row in enumerate(sheet.rows):
        try:
            key, values = maker.record(row)
            if key in records:
                raise Unusable(
                    f"c’est la même structure qu’à la ligne {sheet.lines[made.line_of[key]]}, qui compte ; si elles sont deux, ajoutez un identifiant"
                )
        except Unusable as reason:
            made.aside.append((number, str(reason)))
            made.batch.aside(f"ligne {sheet.lines[number]} : {maker.text(row, 'name')}", str(reason))
            spared |= maker.keys_like(row)
            continue
        records[key], made.line_of[key] = values, number
    keep, corrected = matching["missing"] != "remove", overlay_of(source, made.batch)
    # Whether rows leave was asked in words, and how many was shown.
    made.batch.may_shrink = not keep
    how = {
        "scope": {"source": source},
        "label": "structures",
        "overlay": lambda key, values: corrected(made.formerly.get(key, key), values),
        "formerly": made.formerly,
        "is_partial": keep,
        "spared": spared,
    }
    made.batch.tables.append(Table(Structure, ("source", "source_id"), records, **how))
    return made


def before_of(source: str, *, locked: bool = False) -> dict[str, dict]:
    """What an organisation's tables brought so far, by key."""
    rows = Structure.objects.filter(source=source).order_by("source_id")
    names = ("source_id", *SHOWN, "placement", "corrections", "digest")
    return {row["source_id"]: row for row in (rows.select_for_update() if locked else rows).values(*names).iterator()}


def _key_by_name(name: str, commune: str) -> str:
    """The key of what has no identifier."""
    return f"c:{mark_of(f'{fold(name)}|{commune}'.encode())}"


class _Maker:
    """Makes one record after the other."""

    def __init__(self, sheet: Sheet, matching: dict, source: str, made: Plan):
        self.sheet, self.columns, self.usual, self.source, self.made = (
            sheet,
            matching["columns"],
            matching["kind"],
            source,
            made,
        )
        self.places = Places()
        self.homes: dict[str, list[str]] = {}
        for (_, name), insee in self.places.by_name.items():
            self.homes.setdefault(name, []).append(insee)
        self.asked: dict[str, str] = {}
        self.named: dict[str, set[str]] = {}
        for key, row in made.before.items():
            self.named.setdefault(fold(row["name"]), set()).add(key)

    def text(self, row: list[str], name: str) -> str:
        return self.sheet.cell(row, self.columns[name]) if name in self.columns else ""

    def note(self, said: str) -> None:
        if said:
            self.made.batch.note(REPAIRED, said)

    def keys_like(self, row: list[str]) -> set[str]:
        """What is already there and may be this row, which cannot be used: it does not leave for that."""
        found = self.named.get(fold(self.text(row, "name")), set())
        return found | ({f"n:{identifier}"} if (identifier := self._identifier(row)) else set())

    def record(self, row: list[str]) -> tuple[str, dict]:
        """(key, values). Raises Unusable."""
        name = short(one_line(self.text(row, "name")), 200)
        if not name:
            raise Unusable("sans nom")
        kind = cells.kind(text) if (text := self.text(row, "kind")) else self.usual
        if not kind:
            raise Unusable(
                f"type inconnu : « {text[:60]} » ; les types sont : {', '.join(label.lower() for label in Structure.Kind.labels)}"
            )
        commune, point = self._place(row)
        key = self._known(self._key(row, name, commune), name, commune)
        values = {
            "source": self.source,
            "source_id": key,
            "kind": kind,
            "name": name,
            "departement": self.places.departements[commune],
            "time_zone": ZONES.get(self.places.departements[commune], "Europe/Paris"),
            "commune_id": commune,
            "placement": str(Structure.Placement.EXACT if point else Structure.Placement.BY_NAME),
            "latitude": point[0] if point else None,
            "longitude": point[1] if point else None,
            "is_active": True,
        }
        return key, values | self._optional(row, key)

    def _identifier(self, row: list[str]) -> str:
        return " ".join(self.text(row, "identifier").split())

    def _key(self, row: list[str], name: str, commune: str) -> str:
        """By the identifier of the table; without that column, by name and commune."""
        if "identifier" not in self.columns:
            return _key_by_name(name, commune)
        identifier = self._identifier(row)
        if not identifier:
            raise Unusable("sans identifiant")
        if cells.SHORTENED.match(identifier):
            raise Unusable(
                f"identifiant abîmé par le tableur : « {identifier} » ; mettez cette colonne au format texte"
            )
        if len(identifier) > 100:
            raise Unusable("identifiant de plus de 100 signes")
        return f"n:{identifier}"

    def _known(self, key: str, name: str, commune: str) -> str:
        """The key of what is there already of this name in this commune: tables of one team come now with identifiers, now without."""
        made, by_name = self.made, _key_by_name(name, commune)
        if key in made.before:
            return key
        if key == by_name:
            there = [old for old in self.named.get(fold(name), ()) if made.before[old]["commune_id"] == commune]
            return there[0] if len(there) == 1 else key
        if by_name in made.before and by_name not in made.formerly.values():
            made.formerly[key] = by_name
        return key

    def _optional(self, row: list[str], key: str) -> dict:
        """What the table has no column for stays as it was brought before."""
        found = {}
        for name, clean in (("phone", cells.phone), ("email", cells.email), ("website", cells.website)):
            if name in self.columns:
                found[name], said = clean(self.text(row, name))
                self.note(said)
        if {"address", "complement"} & self.columns.keys():
            found["address"] = short(
                ", ".join(filter(None, (one_line(self.text(row, name)) for name in ("address", "complement")))), 250
            )
        if {"description", "audience"} & self.columns.keys():
            audience = one_line(self.text(row, "audience"))
            found["description"] = "\n\n".join(
                filter(None, (plain(self.text(row, "description")), f"Pour qui : {audience}" if audience else ""))
            )[:10_000]
        before = self.made.was(key) or {}
        corrected = before.get("corrections", {})
        return {name: "" if name in corrected else before.get(name, "") for name in _OPTIONAL} | found

    def _place(self, row: list[str]) -> tuple[str, tuple[float, float] | None]:
        """(INSEE code, the row's own point or None). Raises Unusable."""
        insee, said = cells.digits(self.text(row, "insee"), 5, cells.ZERO_INSEE)
        self.note(said)
        postcode, said = cells.digits(self.text(row, "postcode"), 5, cells.ZERO_POSTCODE)
        self.note(said)
        written = one_line(self.text(row, "commune"))
        if not (insee or postcode or written):
            raise Unusable("sans commune ni code postal")
        commune = insee if insee in self.places.points else self._commune(postcode, written)
        return commune, self._point(row, commune)

    def _commune(self, postcode: str, written: str) -> str:
        """One that is certain. « 64000 Pau », « Pau (64) » and « Pau Cedex » are Pau. Raises Unusable."""
        postcode = postcode or next(iter(re.findall(r"\b\d{5}\b", written)), "")
        departement = next(iter(re.findall(r"\(\s*(\d[\dAB]\d?)\s*\)", written.upper())), "")
        name = fold(re.sub(r"\([^)]*\)|\b\d{5}\b|\bcedex\b.*", " ", written, flags=re.I))
        found = self.places.find("", postcode, name, departement).commune
        there = self.places.by_postcode.get(postcode, [])
        if found is None:
            found = self._by_name(written, name, postcode or departement, is_shared=len(there) > 1)
        elif (
            name and self.homes.get(name) and found not in self.homes[name] and not any(name in key for key, _ in there)
        ):
            # The postcode has one commune only, and the name is another's: which of them is wrong?
            raise Unusable(f"la commune et le code postal ne vont pas ensemble : {postcode} {written[:60]}")
        parts = [insee for _, insee in there if insee not in CITIES_IN_PARTS]
        return parts[0] if found in CITIES_IN_PARTS and len(parts) == 1 else found

    def _by_name(self, written: str, name: str, where: str, *, is_shared: bool) -> str:
        if is_shared and not name:
            raise Unusable(f"plusieurs communes ont ce code postal, ajoutez le nom de la commune : {where}")
        homes = self.homes.get(name, [])
        if not where and len(homes) > 1:
            return self._biggest(written)
        if where or not homes:
            raise Unusable(f"commune inconnue : {where} {written[:60]}")
        return homes[0]

    def _biggest(self, written: str) -> str:
        """Of several communes of one name, the one that everybody means. Asked once for each name."""
        if written not in self.asked:
            try:
                self.asked[written] = commune_from(written).pk
            except UnknownCommune:
                self.asked[written] = ""
        if not self.asked[written]:
            raise Unusable(f"plusieurs communes ont ce nom, ajoutez le code postal : {written[:60]}")
        return self.asked[written]

    def _point(self, row: list[str], commune: str) -> tuple[float, float] | None:
        if not {"latitude", "longitude"} <= self.columns.keys():
            return None
        texts = self.text(row, "latitude"), self.text(row, "longitude")
        if not any(texts):
            return None
        latitude, longitude = map(cells.degrees, texts)
        home = self.places.points[commune]
        if latitude is None or longitude is None or not hypot(latitude - home[0], longitude - home[1]) <= NEAR:
            self.note(cells.FAR_POINT)
            return None
        return latitude, longitude


def reasons(aside: list[tuple[int, str]]) -> list[tuple[str, int]]:
    """The most frequent reasons, without what differs from row to row."""
    return Counter(reason.partition(" : ")[0] for _, reason in aside).most_common(5)
