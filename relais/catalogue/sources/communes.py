"""Communes: the table packaged with Relais (see data/SOURCES.md), or another of the same shape."""

import csv
import gzip
import zlib
from pathlib import Path

from ..folding import fold
from ..importing import BadFile, Batch, Table, check_columns, text_of
from ..models import Commune
from .fetching import read_origin

NAME = "communes"
PACKAGED = Path(__file__).resolve().parent.parent / "data" / "communes.csv.gz"
COLUMNS = ["insee", "name", "departement", "region", "postcodes", "population", "latitude", "longitude", "is_exact"]


def read(origin: str = "") -> Batch:
    """`origin`: a CSV file, packed with gzip or not; the packaged table by default."""
    origin = origin or str(PACKAGED)
    data = read_origin(origin)
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            raise BadFile(f"{origin} is damaged or cut short: it cannot be unpacked.") from None
    rows = csv.DictReader(text_of(data, origin).splitlines())
    check_columns(origin, rows.fieldnames, COLUMNS)
    batch = Batch([Table(Commune, ("insee",), records := {})])
    for row in rows:
        try:
            records[row["insee"]] = _values(row)
        except (ValueError, TypeError, AttributeError):
            batch.aside(row["insee"] or row["name"], "a number or a code on this line is not one")
    if not records:
        raise BadFile(f"{origin} holds no commune.")
    return batch


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
