"""What a line serves, in words, and which line gets everything else."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from relais.accounts.models import User
from relais.accounts.permissions import record_access
from relais.catalogue import departements
from relais.catalogue.models import Commune
from relais.foundation import meanwhile
from relais.foundation.events import record
from relais.foundation.grammar import de
from relais.foundation.refusals import NotAllowed

from ..events import LineChanged
from ..models import Conversation, Line, Situation
from . import routing

DEPARTEMENTS = frozenset(departements.NAMES)
"""As in the catalogue of communes, overseas included."""


def names_of(lines: Iterable[Line]) -> dict[str, str]:
    """{INSEE code: name} of the communes that these lines serve; one query."""
    wanted = {insee for line in lines for insee in line.communes}
    return {commune.pk: str(commune) for commune in Commune.objects.filter(pk__in=wanted)} if wanted else {}


def in_words(line: Line, names: Mapping[str, str]) -> str:
    """What it gets, in a sentence or two. `names`: of `names_of`."""
    places = [de(names.get(insee, insee)) for insee in line.communes] + [
        departements.of(number) for number in line.departements
    ]
    subjects = [Conversation.Subject(one).label.lower() for one in Conversation.Subject.values if one in line.subjects]
    parts = [
        ("venus ", places),
        (
            "de personnes dans l’une de ces situations\u00a0: ",
            [one.label.lower() for one in Situation if one in line.situations],
        ),
        ("sur l’un de ces sujets\u00a0: ", subjects),
    ]
    said = ", et ".join(f"{before}{_or(words)}" for before, words in parts if words)
    rest = "tout ce qu’aucune autre ligne ne prend."
    if not said:
        return f"Elle reçoit {rest}" if line.is_fallback else "Elle ne reçoit que ce qu’une autre ligne lui passe."
    return f"Elle reçoit les messages {said}." + (f" Elle reçoit aussi {rest}" if line.is_fallback else "")


def _or(words: list[str]) -> str:
    return " ou ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def overlap_in_words(line: Line, others: Iterable[Line]) -> str:
    """Which other lines may get the same person, and who then answers; '' for none."""
    found = routing.overlapping(line, others)
    if not found:
        return ""
    names = " et ".join(f"« {one.name} », {one.organisation.name}" for one in found)
    return f"Une même personne peut aussi relever de {names}. La ligne qui nomme sa commune passe avant celle qui nomme son département ; à égalité, la plus ancienne répond."


def rest_told(line: Line | None) -> dict[str, str]:
    """What the page of all lines shows of the one that gets the rest."""
    return {"Ligne qui reçoit le reste": f"{line.name}, {line.organisation}" if line else ""}


@transaction.atomic
def choose_fallback(*, line: Line, user: User, seen: str | None = None, now: datetime) -> None:
    """This line gets what no other one takes. `seen`: the fingerprint of what was told (`rest_told`); None when nobody was shown it.

    Raises NotAllowed for whoever does not administer the whole installation, ChangedMeanwhile.
    """
    if not user.administers_all():
        raise NotAllowed("Seule une personne qui administre tout le site choisit la ligne qui reçoit le reste.")
    # The one first: two who choose at once choose one after the other.
    before = Line.objects.select_for_update().filter(is_fallback=True).first()
    if seen is not None and before != line:
        meanwhile.refuse_if_changed(seen, rest_told(before))
    Line.objects.filter(is_fallback=True).update(is_fallback=False)
    Line.objects.filter(pk=line.pk).update(is_fallback=True)
    record_access(user, "choose-fallback", line, now=now)
    record(
        LineChanged(line=line.pk, what="fallback", waiting=Conversation.objects.waiting().filter(line=line).count()),
        now=now,
    )
