"""Which line answers: the one that says most exactly that it serves this person, else the one that gets everything else.

Pure: lines and what is known go in, a line and the reason come out. Nothing here asks whether a line is open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from ..models import Conversation, Line, Situation

Age, Employment = Conversation.AgeBand, Conversation.Employment
CITIES = {"751": "75056", "6938": "69123", "132": "13055"}
"""INSEE codes of municipal arrondissements begin so: a line for Paris, Lyon or Marseille serves all of theirs."""
TERRITORY, SITUATION, SUBJECT, SITE = "territory", "situation", "subject", "site"
WORDS = {
    TERRITORY: "l’endroit où tu es",
    SITUATION: "ta situation",
    SUBJECT: "ce dont tu veux parler",
    SITE: "le site où tu écris",
}
SHORT = {TERRITORY: "lieu", SITUATION: "situation", SUBJECT: "sujet", SITE: "site"}


@dataclass(frozen=True)
class Case:
    """What is known of a person when a line is looked for: an INSEE code, its département, a Conversation.Subject, Situations.

    Empty for what they did not say, which is never guessed. `organisation`: whose site they are on, or whose line; it says nothing
    of them, and decides only where nothing they said does.
    """

    commune: str = ""
    departement: str = ""
    subject: str = ""
    situations: frozenset[str] = field(default_factory=frozenset)
    organisation: UUID | None = None


NOBODY = Case()
"""Nothing is known."""


@dataclass(frozen=True)
class Choice:
    """`by`: what decided, of TERRITORY, SITUATION and SUBJECT, or SITE alone; empty for the line that gets everything else."""

    line: Line
    by: tuple[str, ...]

    @property
    def why(self) -> str:
        """For the person, after « c’est cette équipe qui te répond »."""
        if not self.by:
            return "car rien de ce que tu as dit ne désigne une ligne en particulier\u00a0: celle-ci reçoit tous les autres messages"
        words = [WORDS[one] for one in self.by]
        return f"d’après {', '.join(words[:-1])}{' et ' if words[:-1] else ''}{words[-1]}"

    @property
    def noted(self) -> str:
        """For the teams."""
        if not self.by:
            return "aucune autre ligne ne la sert"
        return f"{', '.join(SHORT[one] for one in self.by)}{'' if self.by == (SITE,) else ' : dit par la personne'}"


def case(
    commune=None, *, subject: str = "", age_band: str = "", employment: str = "", organisation: UUID | None = None
) -> Case:
    """The case of somebody in this Commune (or None) who said this, in the codes of Conversation."""
    situations = frozenset(situations_of(age_band, employment))
    return Case(
        commune.insee if commune else "", commune.departement if commune else "", subject, situations, organisation
    )


def case_of(conversation: Conversation) -> Case:
    """As the person, or who holds it, has said it: an age that the team noted and nobody confirmed decides nothing."""
    said = {name: getattr(conversation, name) for name in ("subject", "age_band", "employment")}
    return case(conversation.journey.commune, **said, organisation=conversation.line.organisation_id)


def situations_of(age_band: str, employment: str) -> list[str]:
    """In the order of Situation. An age that nobody gave protects as a minor's, but sends nobody to a line for minors."""
    minor, young = age_band in (Age.UNDER_15, Age.UNDER_18), age_band in (Age.UNDER_15, Age.UNDER_18, Age.UNDER_26)
    is_so = {
        Situation.MINOR: minor,
        Situation.PUBLIC_AGENT: employment == Employment.PUBLIC_AGENT,
        Situation.EMPLOYED: employment == Employment.EMPLOYED,
        Situation.ADULT_NO_JOB: employment == Employment.NO_JOB and bool(age_band) and not minor,
        Situation.UNDER_26: young,
    }
    return [situation for situation, holds in is_so.items() if holds]


def choose(lines: Iterable[Line], known: Case) -> Choice:
    """The line of `lines` that answers somebody of whom this is `known`, and why. `lines`: at least one, one of them the fallback.

    A line takes somebody when each thing it limits itself to (territory, situation, subject) is known and fits: what was not
    said opens no line but the fallback. Of several, the one that limits itself in more things; then a commune before a
    département before anywhere; then a situation, the first of Situation; then a subject; then the oldest line. When none takes
    them, the organisation whose site they came to answers, if one of its lines serves nothing else than what is known; at last the
    line that gets the rest.

    A closed line keeps its people: they wait for those who know their territory or their rights, with a promise counted in
    that line's own hours and told at once. Sending them at night to whoever is open would change who answers by the hour of
    the day, hand their words to an organisation that does not serve them, and hide from the first one that it is missed.
    """
    lines = list(lines)
    fitting = [(rank, line, by) for line in lines if (found := _fit(line, known)) for rank, by in [found]]
    if fitting:
        _, line, by = min(fitting, key=lambda one: (one[0], one[1].pk or 0))
        return Choice(line, by)
    near = (
        [line for line in lines if line.organisation_id == known.organisation and may_serve(line, known)]
        if known.organisation
        else []
    )
    rest = next(line for line in lines if line.is_fallback)
    if near and rest not in near:
        return Choice(min(near, key=lambda line: line.pk or 0), (SITE,))
    return Choice(rest, ())


def may_serve(line: Line, known: Case) -> bool:
    """Whether nothing that is known speaks against it."""
    return (
        (not (line.communes or line.departements) or not known.commune or nearness(line, known) > 0)
        and (not line.situations or not known.situations or not known.situations.isdisjoint(line.situations))
        and (not line.subjects or not known.subject or known.subject in line.subjects)
    )


def _fit(line: Line, known: Case) -> tuple[tuple, tuple[str, ...]] | None:
    """(rank, the smaller the better; what decides), or None when this line does not take the case, or limits itself to nothing."""
    by, near, situation = [], 0, len(Situation)
    if line.communes or line.departements:
        near = nearness(line, known)
        if not near:
            return None
        by.append(TERRITORY)
    if line.situations:
        held = [
            number for number, one in enumerate(Situation.values) if one in line.situations and one in known.situations
        ]
        if not held:
            return None
        situation = held[0]
        by.append(SITUATION)
    if line.subjects:
        if known.subject not in line.subjects:
            return None
        by.append(SUBJECT)
    return ((-len(by), -near, situation), tuple(by)) if by else None


def nearness(line: Line, known: Case) -> int:
    """2 when it serves their commune, 1 their département, 0 when neither."""
    city = next((number for head, number in CITIES.items() if known.commune.startswith(head)), "")
    if known.commune and {known.commune, city} & set(line.communes):
        return 2
    return 1 if known.departement and known.departement in line.departements else 0


def overlapping(line: Line, others: Iterable[Line]) -> list[Line]:
    """Those of `others` that limit themselves in the same things and share a value in each: the same person may fit both, and
    the oldest line, or the nearer territory, decides."""
    return [
        other
        for other in others
        if other.pk != line.pk and _limits(other) and _limits(other) == _limits(line) and _shares(line, other)
    ]


def is_limited(line: Line) -> bool:
    """Whether it is not for everybody."""
    return bool(_limits(line))


def _limits(line: Line) -> tuple[str, ...]:
    limited = {TERRITORY: line.communes or line.departements, SITUATION: line.situations, SUBJECT: line.subjects}
    return tuple(name for name, values in limited.items() if values)


def _shares(line: Line, other: Line) -> bool:
    near = (
        set(line.communes) & set(other.communes)
        or set(line.departements) & set(other.departements)
        or _inside(line, other)
        or _inside(other, line)
    )
    return (
        bool(near or not (line.communes or line.departements))
        and bool(set(line.situations) & set(other.situations) or not line.situations)
        and bool(set(line.subjects) & set(other.subjects) or not line.subjects)
    )


def _inside(line: Line, other: Line) -> bool:
    """Whether a commune of `line` lies in a département of `other`."""
    return any(departement_of(insee) in other.departements for insee in line.communes)


def departement_of(insee: str) -> str:
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]
