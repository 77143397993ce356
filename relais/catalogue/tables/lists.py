"""What a rehearsal lists: rows added, changed, as they were, leaving, set aside."""

from relais.foundation.lists import Column, Listing

from .intake import Sheet

_LINE = Column("ligne", "Ligne du fichier", lambda row: row["line"], number=True)
_NAME = Column("nom", "Nom", lambda row: row["name"])
_COMMUNE = Column("commune", "Commune", lambda row: row["commune"])
_KIND = Column("type", "Type", lambda row: row["kind"])
_REACH = Column("joindre", "Joindre", lambda row: row["reach"])
NAMED = ("structure", "structures")

LISTS = {
    "added": Listing(NAMED, [_NAME, _COMMUNE, _KIND, _REACH, _LINE], ordered="dans l’ordre du fichier"),
    "changed": Listing(
        NAMED,
        [_NAME, _COMMUNE, Column("change", "Ce qui change, avant → après", lambda row: row["change"]), _LINE],
        ordered="dans l’ordre du fichier",
    ),
    "unchanged": Listing(NAMED, [_NAME, _COMMUNE, _LINE], ordered="dans l’ordre du fichier"),
    "removed": Listing(NAMED, [_NAME, _COMMUNE, _KIND]),
}
ASIDE = ("ligne", "lignes")


def aside(sheet: Sheet, name_in: int | None) -> Listing:
    """Rows (number in the sheet, reason) that cannot be used."""

    def named(one) -> str:
        row = sheet.rows[one[0]]
        return (sheet.cell(row, name_in) if name_in is not None else "") or "Sans nom"

    columns = [
        Column("nom", "Nom", named),
        Column("raison", "Raison", lambda one: one[1]),
        Column("ligne", "Ligne du fichier", lambda one: sheet.lines[one[0]], number=True),
    ]
    return Listing(ASIDE, columns, ordered="dans l’ordre du fichier", file="mises-de-cote")


def aside_file(sheet: Sheet) -> Listing:
    """The same rows with all the columns that they came with: corrected, the file can be brought again."""
    columns = [
        Column(str(number), header, lambda one, number=number: sheet.cell(sheet.rows[one[0]], number))
        for number, header in enumerate(sheet.headers)
    ]
    return Listing(ASIDE, [*columns, Column("raison", "Raison", lambda one: one[1])], file="mises-de-cote")
