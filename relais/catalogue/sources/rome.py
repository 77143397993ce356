"""ROME 4.0: codes, names of jobs and ranked mobilities, from the archive France Travail publishes twice a year."""

import csv
import io
import re
import zipfile
from pathlib import Path

from relais.foundation.typed import one_line

from ..importing import BadFile, Batch, Table, check_columns, text_of
from ..models import RomeCode, RomeMobility, RomeName
from .fetching import UNREADABLE_ZIP, check_unpacked, read_origin

NAME = "rome"
PACKAGED = Path(__file__).resolve().parent.parent / "data" / "rome.zip"
CODE = re.compile(r"[A-N]\d{4}\Z")
CODES = "unix_referentiel_code_rome"
NAMES = "unix_referentiel_appellation"
MOBILITIES = "unix_rubrique_mobilite"
COLUMNS = {
    CODES: ["code_rome", "libelle_rome", "code_rome_parent"],
    NAMES: ["code_ogr", "libelle_appellation_long", "libelle_appellation_court", "code_rome", "classification"],
    MOBILITIES: ["code_rome", "code_rome_cible", "numero_ordre"],
}


def read(origin: str = str(PACKAGED)) -> Batch:
    """`origin`: RefRomeCsv.zip, as a file or an address; by default what is packaged of it (see data/SOURCES.md)."""
    archive = _open(origin)
    batch = Batch([], version=_version(archive, origin))
    codes = _codes(_rows(archive, CODES, origin), batch)
    names = _names(_rows(archive, NAMES, origin), codes, batch)
    mobilities = _mobilities(_rows(archive, MOBILITIES, origin), codes, batch)
    if not codes or not names:
        raise BadFile(f"{origin} holds no ROME code or no name of a job.")
    batch.tables = [
        Table(RomeCode, ("code",), codes),
        Table(RomeName, ("ogr",), names),
        Table(RomeMobility, ("key",), mobilities),
    ]
    return batch


def _open(origin: str) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(io.BytesIO(read_origin(origin)))
        check_unpacked(archive, origin)
        damaged = archive.testzip()
    except UNREADABLE_ZIP:
        raise BadFile(f"{origin} is not a zip archive, or it is cut short.") from None
    if damaged:
        raise BadFile(f"{origin} is damaged: {damaged} cannot be read.")
    return archive


def _version(archive: zipfile.ZipFile, origin: str) -> str:
    """« ROME 4.0 version 60 du 18/09/2025 », from version.txt: the licence asks for this line."""
    text = text_of(archive.read("version.txt"), "version.txt") if "version.txt" in archive.namelist() else ""
    number = re.search(r"version\D{0,20}(\d{2,3})\b", text, re.I) or re.search(
        r"_v4(\d{2,3})_", " ".join(archive.namelist())
    )
    if not number:
        raise BadFile(f"{origin} does not say which version of the ROME it is (version.txt).")
    date = re.search(r"\b(\d{2}/\d{2}/\d{4})\b", text)
    return f"ROME 4.0 version {number[1]}" + (f" du {date[1]}" if date else "")


def _rows(archive: zipfile.ZipFile, table: str, origin: str):
    name = next((name for name in archive.namelist() if re.search(rf"(^|/){table}(_v\d+)?(_utf8)?\.csv\Z", name)), None)
    if name is None:
        raise BadFile(f"{origin} has no file {table}….csv: it is not the ROME archive in CSV.")
    rows = csv.DictReader(io.StringIO(text_of(archive.read(name), name)))
    check_columns(name, rows.fieldnames, COLUMNS[table])
    return rows


def _codes(rows, batch: Batch) -> dict:
    found = {}
    for row in rows:
        code = row["code_rome"]
        if not CODE.match(code or ""):
            batch.aside(code, "n’est pas un code ROME")
            continue
        found[code] = {
            "code": code,
            "name": one_line(row["libelle_rome"]),
            "parent": (row["code_rome_parent"] or "")[:5],
            "is_active": True,
        }
    return found


def _names(rows, codes: dict, batch: Batch) -> dict:
    found = {}
    for row in rows:
        ogr, code = row["code_ogr"] or "", row["code_rome"]
        if not ogr.isdigit() or code not in codes:
            batch.aside(f"{ogr} {row['libelle_appellation_long']}", f"le code ROME {code} n’est pas dans l’archive")
            continue
        found[int(ogr)] = {
            "ogr": int(ogr),
            "rome_id": code,
            "name": one_line(row["libelle_appellation_long"]),
            "short_name": one_line(row["libelle_appellation_court"]),
            "is_main": row["classification"] == "PRINCIPALE",
            "is_active": True,
        }
    return found


def _mobilities(rows, codes: dict, batch: Batch) -> dict:
    found = {}
    for row in rows:
        code, target, rank = row["code_rome"], row["code_rome_cible"], row["numero_ordre"] or ""
        if code not in codes or target not in codes or not rank.isdigit():
            batch.aside(f"{code} > {target}", "un des deux codes ROME n’est pas dans l’archive")
            continue
        key = f"{code}>{target}"
        found[key] = {"key": key, "code_id": code, "target_id": target, "rank": int(rank)}
    return found
