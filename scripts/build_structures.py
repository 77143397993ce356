"""Builds relais/catalogue/data/missions_locales.json and missions_locales_agences.json: the packaged list of structures.

    python scripts/build_structures.py STRUCTURES.json AGENCIES.json

The two files are the i-milo lists kept in github.com/SocialGouv/pass-emploi-api (MIT), folder
src/infrastructure/sequelize/seeders/data: referentiel_structures_milo.json and agences_milo.json. Only the columns the
importer reads are kept; the bytes are the same for the same input.
"""

import json
import sys
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "relais" / "catalogue" / "data"
KEPT = {
    "missions_locales.json": ("id", "nom_officiel", "nom_usuel", "code_departement", "timezone"),
    "missions_locales_agences.json": ("id", "nom_agence", "code_departement", "timezone"),
}


def main(structures: str, agencies: str) -> None:
    for origin, (name, columns) in zip((structures, agencies), KEPT.items(), strict=True):
        rows = json.loads(Path(origin).read_text(encoding="utf-8"))
        kept = sorted(({column: row.get(column) for column in columns} for row in rows), key=lambda row: str(row["id"]))
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in kept)
        (DATA / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        print(f"{name}: {len(kept)} rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
