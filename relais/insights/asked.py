"""Of which answer lines figures are asked: `?ligne=SLUG`, or `?departement=45` for those that serve it; nothing for all together."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from relais.coaching.line.routing import departement_of
from relais.coaching.line.serving import DEPARTEMENTS
from relais.coaching.models import Line
from relais.foundation.refusals import Gone


@dataclass(frozen=True)
class Asked:
    """`every`: those one may choose. `chosen`: those asked, None for all. `line`: the one, when it is one.
    `unnamed`: the département asked that no line names; whoever gets the rest is chosen for it."""

    every: Sequence[Line]
    chosen: Sequence[Line] | None = None
    departement: str = ""
    unnamed: str = ""

    @property
    def line(self) -> Line | None:
        return self.chosen[0] if self.chosen and len(self.chosen) == 1 else None

    @property
    def numbers(self) -> list[int] | None:
        return None if self.chosen is None else [line.pk for line in self.chosen]

    @property
    def departements(self) -> list[str]:
        """All that some line names, in order."""
        return sorted({number for line in self.every for number in served(line)})

    @property
    def query(self) -> str:
        """As it goes on to the next page, urlencoded."""
        if self.departement:
            return urlencode({"departement": self.departement})
        return urlencode({"ligne": self.line.slug}) if self.line else ""


def served(line: Line) -> set[str]:
    """The départements that it names, or of which it names a commune."""
    return {*line.departements, *(departement_of(insee) for insee in line.communes)}


def asked(data, every: Sequence[Line], *, rest: Line | None = None) -> Asked:
    """Out of an address; of a line and a département, the line counts. Raises Gone when it names what nobody serves here.

    `rest`: the line that answers in the départements that none names, where they may be asked.
    """
    slug, departement = data.get("ligne", ""), data.get("departement", "").upper()
    if not slug and not departement:
        return Asked(every)
    found = [line for line in every if (line.slug == slug if slug else departement in served(line))]
    if not found and rest and not slug and departement in DEPARTEMENTS:
        return Asked(every, [rest], unnamed=departement)
    if not found:
        raise Gone("Aucune ligne de ce nom ici.")
    return Asked(every, found, "" if slug else departement)
