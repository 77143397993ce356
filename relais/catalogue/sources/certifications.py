"""RNCP: diplomas and titles, and what replaced them, from France compétences (the daily CSV export) or the apprenticeship kit (CSV)."""

import csv
import io
import re
import zipfile
from datetime import date, datetime

from ..importing import BadFile, Batch, Table, check_columns
from ..models import Certification
from .fetching import UNREADABLE_ZIP, check_unpacked, read_origin
from .text import short
from .trainings import level

NAME = "rncp"
NUMBER = re.compile(r"RNCP\d{1,6}\Z")
SUCCESSOR = re.compile(r"(?:RNCP|RS)\d{1,6}\Z")
STANDARD = ["Numero_Fiche", "Intitule", "Nomenclature_Europe_Niveau", "Date_Fin_Enregistrement", "Actif"]
ROME = ["Numero_Fiche", "Codes_Rome_Code"]
CHAIN = ["Numero_Fiche", "Ancienne_Certification", "Nouvelle_Certification"]
KIT = [
    "FicheRNCP",
    "Niveau fiche RNCP",
    "Date d'échéance de la fiche RNCP",
    "Fiche ACTIVE/INACTIVE",
    "Intitulé certification (RNCP)",
    "Nouvelle Certification rempla (RNCP)",
    "Ancienne Certification (RNCP)",
]
KINDS = {"standard": STANDARD, "rome": ROME, "chain": CHAIN, "kit": KIT}


def read(*origins: str) -> Batch:
    """`origins`: the ZIP of France compétences, its CSV files, or the kit, as files or addresses.

    The export is the whole repertory: what it no longer holds becomes inactive. The kit alone adds and changes only.
    """
    tables: dict[str, list[dict]] = {}
    for origin in origins:
        for name, data in _files(read_origin(origin), origin):
            kind, rows = _table(name, data)
            if kind:
                tables[kind] = rows
    if "standard" not in tables and "kit" not in tables:
        raise BadFile(
            f"{' '.join(origins)}: neither the table « Standard » of France compétences nor the kit is there."
        )
    batch, records = Batch([]), {}
    for row in tables.get("kit", []):
        _keep(records, row["FicheRNCP"], _from_kit(row), batch)
    for row in tables.get("standard", []):
        _keep(records, row["Numero_Fiche"], _from_standard(row), batch)
    for row in tables.get("rome", []):
        if (known := records.get(row["Numero_Fiche"])) and row["Codes_Rome_Code"] not in known["rome"]:
            known["rome"].append(row["Codes_Rome_Code"][:5])
    _chain(records, tables, batch)
    batch.tables = [
        Table(Certification, ("number",), records, label="certifications", is_partial="standard" not in tables)
    ]
    return batch


def _files(data: bytes, origin: str):
    if data[:2] != b"PK":
        yield origin, data
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_unpacked(archive, origin)
            for name in archive.namelist():
                if name.lower().endswith(".csv"):
                    yield name, archive.read(name)
    except UNREADABLE_ZIP:
        raise BadFile(f"{origin} is not a zip archive, or it is cut short.") from None


def _table(name: str, data: bytes) -> tuple[str, list[dict]]:
    """Which table this is, by its header, and its rows; ("", []) for one that is of no use here."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    header = text.partition("\n")[0]
    rows = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if header.count(";") > header.count(",") else ","
    )
    columns = rows.fieldnames or []
    for kind, wanted in KINDS.items():
        if all(column in columns for column in wanted):
            return kind, list(rows)
    stem = name.rpartition("/")[2].lower()
    likely = next(
        (
            kind
            for kind, word in (("standard", "standard"), ("kit", "kit"), ("chain", "ancienne_nouvelle"))
            if word in stem
        ),
        "",
    )
    if likely:
        check_columns(name, columns, KINDS[likely])
    return "", []


def _keep(records: dict, number: str | None, values: dict, batch: Batch) -> None:
    number = (number or "").strip()
    if number.startswith("RS"):
        batch.note("left out", "of the « répertoire spécifique » (RS): not diplomas")
    elif not NUMBER.match(number) or not values["title"]:
        batch.aside(f"{number} {values['title']}".strip(), "sans numéro RNCP ou sans intitulé")
    else:
        # The kit has a line for each diploma of the ministry: all say the same of the RNCP number.
        records[number] = {"number": number} | values


def _from_standard(row: dict) -> dict:
    return _values(
        row["Intitule"],
        row["Nomenclature_Europe_Niveau"],
        row["Actif"],
        row["Date_Fin_Enregistrement"],
        row.get("Abrege_Libelle"),
    )


def _from_kit(row: dict) -> dict:
    return _values(row[KIT[4]], row[KIT[1]], row[KIT[3]], row[KIT[2]])


def _values(title: str, europe: str, active: str, ends: str, kind: str | None = "") -> dict:
    title = short(title, 380)
    # « Accompagnant éducatif et social » alone says less than « DE Accompagnant éducatif et social ».
    if kind and kind not in ("Autre", "TP") and kind.lower() not in title.lower():
        title = f"{short(kind, 15)} {title}"
    return {
        "title": title,
        "level": level(europe),
        "is_active": active == "ACTIVE",
        "ends_on": _day(ends),
        "rome": [],
        "successors": [],
    }


def _day(text: str | None) -> date | None:
    try:
        return datetime.strptime((text or "").strip(), "%d/%m/%Y").date()
    except ValueError:
        return None


def _chain(records: dict, tables: dict, batch: Batch) -> None:
    """Who replaced whom, said from either side; several at once are parted by « | »."""
    links = [
        (row["Numero_Fiche"], row["Ancienne_Certification"], row["Nouvelle_Certification"])
        for row in tables.get("chain", [])
    ]
    links += [(row[KIT[0]], row[KIT[6]], row[KIT[5]]) for row in tables.get("kit", [])]
    for number, olds, news in links:
        pairs = [(number, new) for new in (news or "").split("|")] + [(old, number) for old in (olds or "").split("|")]
        for old, new in pairs:
            if old in records and SUCCESSOR.match(new or "") and new != old and new not in records[old]["successors"]:
                records[old]["successors"].append(new)
    for record in records.values():
        record["rome"].sort()
        record["successors"].sort()
    batch.notes["continuity"] = {
        "replaced by another": sum(bool(record["successors"]) for record in records.values()),
        "no longer active, without a successor": sum(
            not record["is_active"] and not record["successors"] for record in records.values()
        ),
    }
