"""What did not leave, as it is shown to who decides about it: of their own organisation only, and without a young person's address."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, QuerySet

from relais.accounts.models import Role, User
from relais.accounts.scope import owned
from relais.foundation import outbox
from relais.foundation.masking import mask
from relais.foundation.models import Outbound

from .. import hooks
from ..models import Conversation, Line

DECIDE = (Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Shown:
    """One letter; `conversation` when it is about one that this person may open."""

    letter: Outbound
    to: str
    error: str
    conversation: Conversation | None

    @property
    def is_to_decide(self) -> bool:
        """Not while it is tried again by itself."""
        return self.letter.state in Outbound.STUCK


def letters_of(user: User) -> QuerySet[Outbound]:
    """The letters of the organisations where `user` decides; those of the installation, for who administers it."""
    rows = Outbound.objects.all()
    theirs = owned(rows, user, *DECIDE)
    return theirs | rows.filter(owner=None) if user.administers_all() else theirs


def failing(now: datetime) -> list[tuple[str, int, str]]:
    """Of the whole installation, whoever they are of: (way, how many letters keep failing, what the provider says, without an address)."""
    rows = outbox.failing(now).order_by("channel").values("channel").annotate(number=Count("pk"), error=Max("error"))
    return [(row["channel"], row["number"], mask(row["error"])) for row in rows]


def shown(letters: Iterable[Outbound], user: User) -> list[Shown]:
    """An address is told when it is that of somebody whose work it is: of the team, of a partner, of the structure on call."""
    letters = list(letters)
    at_work = _at_work({letter.payload.get("to", "") for letter in letters if letter.owner})
    about = (
        Conversation.objects.visible_to(user)
        .select_related("journey")
        .in_bulk([letter.about for letter in letters if letter.about])
    )
    return [
        _shown(letter, letter.owner and letter.payload.get("to") in at_work, about.get(letter.about))
        for letter in letters
    ]


def _shown(letter: Outbound, is_told: bool, conversation: Conversation | None) -> Shown:
    to = letter.payload.get("to", "")
    return Shown(letter, to if is_told else mask(to), letter.error if is_told else mask(letter.error), conversation)


def _at_work(addresses: set[str]) -> set[str]:
    known = User.objects.filter(email__in=addresses).values_list("email", flat=True)
    on_call = Line.objects.filter(oncall_email__in=addresses).values_list("oncall_email", flat=True)
    return {*known.order_by(), *on_call.order_by(), *hooks.at_work(addresses)}
