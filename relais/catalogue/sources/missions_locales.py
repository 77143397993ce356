"""Missions locales and their agencies, from the i-milo lists: names and départements, no address.

Each is placed by the commune its name holds; failing that a structure by the commune whose INSEE code begins its i-milo number, when
that one lies in its département; failing that at the seat of the département. The last two are marked approximate (see `placing`).
What the team corrected by hand is laid over every import.
"""

import re
from functools import cache
from pathlib import Path
from zoneinfo import available_timezones

import msgspec

from relais.foundation.typed import one_line

from ..folding import fold
from ..importing import BadFile, Batch, Table, check_columns, text_of
from ..models import Commune, Structure
from ..placing import ZONES, Gazetteer, Place, departements_of
from ..sheets import typography
from .fetching import read_origin

NAME = "missions-locales"
_zones = cache(available_timezones)  # read from the disk at each call
PACKAGED = Path(__file__).resolve().parent.parent / "data"
AGENCIES = "missions-locales-agences"
STRUCTURE_COLUMNS = ["id", "nom_officiel", "nom_usuel", "code_departement", "timezone"]
AGENCY_COLUMNS = ["id", "nom_agence", "code_departement", "timezone"]
# « 13-ML BERRE L ETANG », « 51 - Mission Locale… »: the département is repeated before the name.
_PREFIX = re.compile(r"^\s*\d[\dAB]?\d?\s*[-–]\s*")
_TEMPORARY = re.compile(r"temporaire|fictif|\btest\b", re.I)
_ORDINARY = {
    "rurale",
    "jeune",
    "jeunes",
    "intercommunale",
    "départementale",
    "pays",
    "bassin",
    "arrondissement",
    "emploi",
    "région",
    "siège",
}
_SMALL = {
    "a",
    "au",
    "aux",
    "d",
    "de",
    "des",
    "du",
    "en",
    "et",
    "l",
    "la",
    "le",
    "les",
    "lez",
    "pour",
    "sous",
    "sur",
} | _ORDINARY


def read(*origins: str) -> Batch:
    """`origins`: JSON lists of structures or of agencies, as files or addresses; without any, the packaged lists.

    Only places of the départements that a list holds may leave by it; without a list of agencies, agencies are left as they are.
    """
    if not Commune.objects.exists():
        raise BadFile("The communes are not loaded yet: run « relais import communes » first.")
    gazetteer, batch = Gazetteer(), Batch([])
    structures, agencies = [], []
    for origin in origins or (str(PACKAGED / "missions_locales.json"), str(PACKAGED / "missions_locales_agences.json")):
        rows = _rows(origin)
        (agencies if "nom_agence" in rows[0] else structures).extend(rows)
    if structures:
        batch.tables.append(
            _table(NAME, "structures", _structures(structures, gazetteer, batch), batch, is_all=not origins)
        )
    if agencies:
        batch.tables.append(
            _table(AGENCIES, "agencies", _agencies(agencies, gazetteer, batch), batch, is_all=not origins)
        )
    return batch


def _rows(origin: str) -> list[dict]:
    try:
        rows = msgspec.json.decode(text_of(read_origin(origin), origin).encode(), type=list[dict])
    except msgspec.ValidationError:
        raise BadFile(f"{origin} is JSON, but not a list of structures.") from None
    except msgspec.DecodeError:
        raise BadFile(f"{origin} is not JSON, or it is cut short.") from None
    if not rows:
        raise BadFile(f"{origin} is an empty list.")
    # A row may leave out what is null: a column is missing when no row has it.
    check_columns(origin, sorted(set().union(*rows)), AGENCY_COLUMNS if "nom_agence" in rows[0] else STRUCTURE_COLUMNS)
    return rows


def _table(source: str, label: str, records: dict, batch: Batch, *, is_all: bool) -> Table:
    corrections = dict(
        Structure.objects.filter(source=source).exclude(corrections={}).values_list("source_id", "corrections")
    )

    def overlay(key, values):
        if commune := corrections.get(key, {}).get("commune"):
            return values | {"commune_id": commune, "placement": Structure.Placement.CORRECTED}
        return values

    shown = [row for row in records.values() if not row["is_temporary"]]
    batch.notes[f"{label} placed"] = {
        "by name": sum(row["placement"] == Structure.Placement.BY_NAME for row in shown),
        "approximate, by the commune of their number": sum(
            row["placement"] == Structure.Placement.BY_NUMBER for row in shown
        ),
        "approximate, at the seat of the département": sum(
            row["placement"] == Structure.Placement.APPROXIMATE for row in shown
        ),
        "temporary, not shown": len(records) - len(shown),
        "corrected by the team": len(corrections),
    }
    scope = {"source": source} | (
        {} if is_all else {"departement__in": sorted({row["departement"] for row in records.values()})}
    )
    return Table(Structure, ("source", "source_id"), records, scope=scope, label=label, overlay=overlay)


def _structures(rows: list[dict], gazetteer: Gazetteer, batch: Batch) -> dict:
    records = {}
    for row in rows:
        names = [one_line(row.get(column) or "") for column in ("nom_officiel", "nom_usuel")]
        key, departements = str(row.get("id") or ""), departements_of(row.get("code_departement"))
        # Numbers that begin with 9999 are lent by i-milo for the time of a merger; an entry of no département serves tests.
        temporary = bool(_TEMPORARY.search(" ".join(names))) or key.startswith("9999") or not departements
        values = _values(NAME, Structure.Kind.MISSION_LOCALE, key, names, departements, row, gazetteer)
        _keep(records, key, values | {"is_temporary": temporary}, names, batch)
    return records


def _agencies(rows: list[dict], gazetteer: Gazetteer, batch: Batch) -> dict:
    records = {}
    for row in rows:
        names = [one_line(row.get("nom_agence") or "")]
        key, departements = str(row.get("id") or ""), departements_of(row.get("code_departement"))
        temporary = bool(_TEMPORARY.search(names[0])) or not departements
        values = _values(AGENCIES, Structure.Kind.AGENCY, key, names, departements, row, gazetteer)
        _keep(records, key, values | {"is_temporary": temporary}, names, batch)
    return records


def _keep(records: dict, key: str, values: dict, names: list[str], batch: Batch) -> None:
    told = f"{key} {names[0]}"
    if not key or not names[0]:
        batch.aside(told, "sans numéro ou sans nom")
    elif values["commune_id"] is None and not values["is_temporary"]:
        batch.aside(told, f"département « {values['departement']} » inconnu")
    else:
        if key in records:
            batch.aside(told, "ce numéro est deux fois dans le fichier : la dernière ligne compte")
        if values["is_temporary"]:
            batch.aside(told, "entrée temporaire ou de test de la source : gardée, non montrée")
        records[key] = values


def _values(
    source: str, kind: str, key: str, names: list[str], departements: list[str], row: dict, gazetteer: Gazetteer
) -> dict:
    place = gazetteer.place([_PREFIX.sub("", name) for name in names], departements)
    placement = Structure.Placement.BY_NAME if place and not place.is_approximate else Structure.Placement.APPROXIMATE
    if (
        placement == Structure.Placement.APPROXIMATE
        and gazetteer.departements.get(key[:5]) in departements
        and kind == Structure.Kind.MISSION_LOCALE
    ):
        place, placement = Place(key[:5], is_approximate=True), Structure.Placement.BY_NUMBER
    departement = gazetteer.departements.get(place.commune, "") if place else "".join(departements[:1])
    zone = row.get("timezone") if row.get("timezone") in _zones() else "Europe/Paris"
    return {
        "source": source,
        "source_id": key,
        "kind": str(kind),
        "name": readable_name(names[0], place, gazetteer)[:200],
        "departement": departement[:3],
        # The agency list says Paris everywhere, overseas too.
        "time_zone": ZONES.get(departement, zone),
        "commune_id": place.commune if place else None,
        "placement": str(placement),
        "is_active": True,
    }


def readable_name(name: str, place: Place | None, gazetteer: Gazetteer) -> str:
    """« 25-ML MONTBELIARD » becomes « Mission locale Montbéliard »."""
    text = re.sub(r"^ML[IJ]?\b[\s_-]*", "Mission locale ", _PREFIX.sub("", name))
    text = re.sub(r"\bmission locale\b", "Mission locale", text, flags=re.I)
    head, found, tail = text.partition("Mission locale")
    text = found + _calm(tail) if found and not head.strip() else _calm(text)
    if place and not place.is_approximate:
        text = _proper(text, gazetteer.proper[place.commune])
    return typography(one_line(text[:1].upper() + text[1:]))


def _calm(text: str) -> str:
    """« DU PAYS D'EVREUX » and « Du Pays D'Evreux » both become « du pays d'Evreux », as far as capitals can tell."""

    def word(match):
        found = match[0]
        if found.lower() in _SMALL:
            return found.lower()
        # Letters alone that spell nothing are initials.
        return (
            found
            if len(found) <= 3 and found.isupper() and not set(found.lower()) & set("aeiouy")
            else found.capitalize()
        )

    return re.sub(r"[^\W\d_]+", word, text)


def _proper(text: str, commune: str) -> str:
    """Write the commune as INSEE does, where the name holds it whole."""
    key = fold(commune)
    words = list(re.finditer(r"[^\W_]+", text))
    for first in range(len(words)):
        for last in range(first, len(words)):
            if fold(text[words[first].start() : words[last].end()]) == key:
                return text[: words[first].start()] + commune + text[words[last].end() :]
    return text
