"""What the tests of tables ask for again and again."""

import html

from relais.catalogue.models import Structure

HERE = "/pro/structures/importer"


BASE = {"usual": "service", "missing": "keep"}


def read(answer) -> str:
    """A page as it is read: spaces are spaces."""
    return html.unescape(answer.content.decode()).replace("\u00a0", " ").replace("\u202f", " ")


def counts(table) -> list[int]:
    return [table.rehearsal["counts"][what] for what in ("added", "changed", "unchanged", "removed", "aside")]


def brought():
    return Structure.objects.filter(source__startswith="table:")


# --- a second file


SECOND = [["Id", "Nom", "Ville", "Tél"], ["1", "Foyer", "Pau", "0559000001"], ["2", "Accueil", "Pau", "0559000002"]]
