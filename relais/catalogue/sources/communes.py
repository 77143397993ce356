"""Communes: the table packaged with Relais (see data/SOURCES.md), another of the same shape, or the answer of geo.api.gouv.fr.

relais import communes 'https://geo.api.gouv.fr/communes?fields=code,nom,codesPostaux,centre,population,codeDepartement,codeRegion'
"""

import csv
import gzip
import io
import zlib
from pathlib import Path

import msgspec

from ..folding import fold
from ..importing import BadFile, Batch, Table, check_columns, text_of
from ..models import Commune
from .fetching import LIMIT, read_origin

NAME = "communes"
PACKAGED = Path(__file__).resolve().parent.parent / "data" / "communes.csv.gz"
FIELDS = "code,nom,codesPostaux,centre,population,codeDepartement,codeRegion"
COLUMNS = ["insee", "name", "departement", "region", "postcodes", "population", "latitude", "longitude", "is_exact"]


def read(*origins: str) -> Batch:
    """`origins`: CSV files, packed with gzip or not, or the JSON of geo.api.gouv.fr; the packaged table by default.

    Only communes of the départements that are in them may leave.
    """
    batch, records = Batch([]), {}
    for origin in origins or [str(PACKAGED)]:
        data = _unpacked(read_origin(origin), origin)
        (_from_service if data.lstrip()[:1] in (b"[", b"{") else _from_table)(data, origin, records, batch)
    held = {"departement__in": sorted({values["departement"] for values in records.values()})} if origins else {}
    batch.tables = [Table(Commune, ("insee",), records, scope=held)]
    return batch


def _from_table(data: bytes, origin: str, records: dict, batch: Batch) -> None:
    rows, before = csv.DictReader(text_of(data, origin).splitlines()), len(records)
    check_columns(origin, rows.fieldnames, COLUMNS)
    for row in rows:
        try:
            records[row["insee"]] = _values(row)
        except (ValueError, TypeError, AttributeError):
            batch.aside(row["insee"] or row["name"], "a number or a code on this line is not one")
    if len(records) == before:
        raise BadFile(f"{origin} holds no commune.")


def _unpacked(data: bytes, origin: str) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            unpacked = file.read(LIMIT + 1)
    except (OSError, EOFError, zlib.error):
        raise BadFile(f"{origin} is damaged or cut short: it cannot be unpacked.") from None
    if len(unpacked) > LIMIT:
        raise BadFile(f"{origin} is larger than {LIMIT // 1_000_000} MB once unpacked.")
    return unpacked


def _from_service(data: bytes, origin: str, records: dict, batch: Batch) -> None:
    """Communes of the service. It leaves out the arrondissements of Paris, Lyon and Marseille: those are the packaged ones."""
    try:
        rows = msgspec.json.decode(text_of(data, origin).encode(), type=list[dict])
    except msgspec.ValidationError:
        raise BadFile(f"{origin} is JSON, but not a list of communes.") from None
    except msgspec.DecodeError:
        raise BadFile(f"{origin} is not JSON, or it is cut short.") from None
    packaged = csv.DictReader(text_of(gzip.decompress(PACKAGED.read_bytes()), PACKAGED.name).splitlines())
    departements = {row.get("codeDepartement") for row in rows}
    found = {}
    for row in rows:
        point = (row.get("centre") or {}).get("coordinates") if isinstance(row.get("centre"), dict) else None
        try:
            flat = {
                "insee": row["code"],
                "name": row["nom"],
                "departement": row["codeDepartement"],
                "region": row.get("codeRegion") or "",
                "postcodes": "|".join(row["codesPostaux"]),
                "population": row.get("population") or 0,
                "longitude": point[0],
                "latitude": point[1],
                "is_exact": "1",
            }
            found[row["code"]] = _values(flat)
        except (KeyError, ValueError, TypeError, AttributeError):
            batch.aside(f"{row.get('code')} {row.get('nom')}", "sans numéro, sans département ou sans centre")
    if not found:
        raise BadFile(f"{origin} holds no commune that can be read: ask for fields={FIELDS}.")
    districts = {
        row["insee"]: _values(row)
        for row in packaged
        if "Arrondissement" in row["name"] and row["departement"] in departements
    }
    records |= districts | found


def _values(row: dict) -> dict:
    latitude, longitude = float(row["latitude"]), float(row["longitude"])
    if len(row["insee"]) != 5 or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError
    return {
        "insee": row["insee"],
        "name": row["name"],
        "departement": row["departement"],
        "region": row["region"],
        "postcodes": row["postcodes"].split("|"),
        "population": int(row["population"]),
        "latitude": latitude,
        "longitude": longitude,
        "is_exact": row["is_exact"] == "1",
        "key": fold(row["name"]),
    }
