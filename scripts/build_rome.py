"""Build relais/catalogue/data/rome.zip from RefRomeCsv.zip: names, codes and mobilities in the archive's own format, cut to
the columns that Relais reads, and the texts that say what each job does. The same archive gives the same bytes.

    python scripts/build_rome.py RefRomeCsv.zip
"""

import csv
import io
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "relais" / "catalogue" / "data" / "rome.zip"
COLUMNS = {
    "unix_referentiel_code_rome": ["code_rome", "libelle_rome", "code_rome_parent"],
    "unix_referentiel_appellation": [
        "code_ogr",
        "libelle_appellation_long",
        "libelle_appellation_court",
        "code_rome",
        "classification",
    ],
    "unix_rubrique_mobilite": ["code_rome", "code_rome_cible", "numero_ordre"],
}
KNOW_HOW = "1"


def main(origin: str) -> None:
    with zipfile.ZipFile(origin) as archive:
        version = archive.read("version.txt").decode("utf-8-sig").splitlines()
        tables = {name: _cut(_rows(archive, name), columns) for name, columns in COLUMNS.items()}
        tables["texts"] = _texts(archive)
    with zipfile.ZipFile(TARGET, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        _put(out, "version.txt", "\n".join(line for line in version[:5] if line.strip()) + "\n")
        for name, content in tables.items():
            _put(out, f"{name}.csv", content)
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes")


def _put(out: zipfile.ZipFile, name: str, content: str) -> None:
    out.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _rows(archive: zipfile.ZipFile, table: str):
    name = next(name for name in archive.namelist() if re.search(rf"(^|/){table}(_v\d+)?(_utf8)?\.csv\Z", name))
    return csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig")))


def _csv(header: list[str], rows) -> str:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(header)
    out.writerows(rows)
    return text.getvalue()


def _cut(rows, columns: list[str]) -> str:
    return _csv(columns, ([row[name] for name in columns] for row in rows))


def _texts(archive: zipfile.ZipFile) -> str:
    """code, definition, main know-how: one line a code."""
    definitions, skills = defaultdict(list), defaultdict(list)
    for row in _rows(archive, "unix_texte"):
        if row["libelle_type_texte"] == "definition":
            definitions[row["code_rome"]].append(row["libelle_texte"].replace("''", "'").rstrip(". "))
    labels = {
        row["code_ogr"]: row["libelle"] for row in _rows(archive, "unix_item") if row["code_rubrique"] == KNOW_HOW
    }
    for row in _rows(archive, "unix_coherence_item"):
        if row["coeur_metier"] == "Principale" and row["code_ogr"] in labels:
            skills[row["code_rome"]].append(labels[row["code_ogr"]])
    return _csv(
        ["code", "definition", "skills"],
        ([code, ". ".join(definitions[code]), ". ".join(sorted(skills[code]))] for code in sorted(definitions)),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
