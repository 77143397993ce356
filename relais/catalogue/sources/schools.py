"""Schools: the Annuaire de l'éducation (CSV, « fr-en-annuaire-education »), or the shorter list of the same origin that 1élève1stage
publishes (name, city, code_uai, coordinates « POINT (lon lat) »)."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain

from relais.foundation.contacts import public_number

from ..importing import BadFile, Batch, Row, Table, digest, part_of, text_of
from ..models import Structure
from .corrected import overlay_of
from .fetching import read_origin
from .places import Places
from .text import address, short

NAME = "ecoles"
UAI = re.compile(r"\d{7}[A-Z]\Z")
_POINT = re.compile(r"POINT ?\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)")
# Columns of ours → their names in the two lists, folded to lower case.
COLUMNS = {
    "uai": ("identifiant_de_l_etablissement", "code_uai"),
    "name": ("nom_etablissement", "name"),
    "kind": ("type_etablissement",),
    "insee": ("code_commune",),
    "postcode": ("code_postal", "zipcode"),
    "town": ("nom_commune", "city"),
    "address": ("adresse_1", "street"),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "point": ("coordinates",),
    "position": ("position",),
    "phone": ("telephone", "fetched_school_phone"),
    "email": ("mail",),
    "website": ("web",),
    "state": ("etat",),
    "visible": ("visible",),
}
NEEDED = ("uai", "name", "postcode", "town")


def read(*origins: str) -> Batch:
    """`origins`: CSV, parted by « ; » or « , », as files or addresses. Schools that one of them brought and no longer holds become inactive."""
    batch, places = Batch([]), Places()
    rows = chain.from_iterable(_rows_of(origin, places, batch) for origin in origins)
    how = {
        "scope": {"source": NAME},
        "label": "schools",
        "overlay": overlay_of(NAME, batch),
        "parts": tuple(map(part_of, origins)),
    }
    batch.tables = [Table(Structure, ("source", "source_id"), rows, **how)]
    return batch


def _rows_of(origin: str, places: Places, batch: Batch) -> Iterator[Row]:
    text = text_of(read_origin(origin), origin)
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ",")
    names = [name.strip().lower() for name in next(rows, [])]
    where = {ours: next((names.index(one) for one in theirs if one in names), None) for ours, theirs in COLUMNS.items()}
    if missing := [" or ".join(COLUMNS[name]) for name in NEEDED if where[name] is None]:
        raise BadFile(
            f"{origin}: missing column{'s' if len(missing) > 1 else ''} {', '.join(missing)} (it has: {', '.join(names) or 'none'})."
        )
    yield from _rows(rows, where, part_of(origin), places, batch)


def _rows(rows, where: dict, part: str, places: Places, batch: Batch) -> Iterator[Row]:
    for line in rows:
        row = {
            name: line[place].strip() if place is not None and place < len(line) else ""
            for name, place in where.items()
        }
        row["uai"] = row["uai"].upper()
        told = f"{row['uai']} {row['name']} {row['town']}"
        latitude, longitude = _coordinates(row)
        place = places.find(row["insee"], row["postcode"], row["town"], latitude=latitude, longitude=longitude)
        if not UAI.match(row["uai"]) or not row["name"]:
            batch.aside(told, "sans numéro UAI ou sans nom")
        elif row["visible"].lower() == "false" or row["state"].upper() in ("FERME", "FERMÉ", "A FERMER"):
            batch.aside(told, "fermé ou caché par la source")
        elif place.commune is None:
            batch.aside(told, f"commune inconnue : {row['insee'] or row['postcode']}")
        else:
            values = _values(row, place, places) | {"slice": part}
            yield Row(row["uai"], digest(values), lambda values=values: values)


def _coordinates(row: dict) -> tuple:
    if row["latitude"] and row["longitude"]:
        return row["latitude"].replace(",", "."), row["longitude"].replace(",", ".")
    if point := _POINT.match(row["point"]):
        return point[2], point[1]
    latitude, _, longitude = row["position"].partition(",")
    return latitude, longitude


def _values(row: dict, place, places: Places) -> dict:
    exact = (place.latitude, place.longitude) != places.points[place.commune]
    name = (
        row["name"]
        if not row["kind"] or row["kind"].split()[0].lower() in row["name"].lower()
        else f"{row['kind']} {row['name']}"
    )
    return {
        "source": NAME,
        "source_id": row["uai"],
        "kind": str(Structure.Kind.SCHOOL),
        "name": short(name, 200),
        "departement": places.departements[place.commune],
        "commune_id": place.commune,
        "placement": str(Structure.Placement.EXACT if exact else Structure.Placement.BY_NAME),
        "latitude": place.latitude if exact else None,
        "longitude": place.longitude if exact else None,
        "address": short(row["address"], 250),
        "phone": public_number(row["phone"]),
        "email": row["email"][:254],
        "website": address(row["website"], 200),
        "is_active": True,
    }
