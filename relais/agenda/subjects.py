"""What an appointment hangs on, and with whom it is: things of the kinds that apps above declare (`foundation/subjects.py`), each with its hook.

add(BookedConversations())
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model

from relais.accounts.models import User
from relais.foundation.subjects import KINDS, Hook

from .models import Appointment, Registration


class Booked(Hook):
    """What is asked of a kind that appointments hang on."""

    @abstractmethod
    def page(self, number: UUID) -> str:
        """The path of the page where those who work here find its appointments."""

    @abstractmethod
    def read_by(self, user: User, numbers: Iterable[UUID]) -> set[UUID]:
        """Those of these whose page `user` may open."""

    @abstractmethod
    def remind(self, row: Model, appointment: Appointment, now: datetime) -> None:
        """Reach the person, and the other party. In the transaction that notes it as done."""

    @abstractmethod
    def remind_of_session(self, row: Model, registration: Registration, now: datetime) -> None:
        """Reach the person who has a place there. In the transaction that notes it as done."""


@dataclass(frozen=True)
class About:
    """All that a slot is told of what it hangs on."""

    kind: str
    number: UUID
    organisation: UUID
    zone: str
    person: UUID | None = None
    with_kind: str = ""
    with_id: UUID | None = None

    def values(self) -> dict:
        return {
            "subject_kind": self.kind,
            "subject_id": self.number,
            "organisation_id": self.organisation,
            "zone": self.zone,
            "person": self.person,
            "with_kind": self.with_kind,
            "with_id": self.with_id,
        }


def of(appointment: Appointment | Registration) -> Booked:
    return Booked.of(appointment.subject_kind)


def above(kind: str, number: UUID) -> tuple[type[Model], UUID]:
    """What `claims` locks before the appointment itself."""
    return KINDS[kind].model, number


def names(appointments: Iterable[Appointment | Registration]) -> dict[UUID, str]:
    """How each is called by those who work here, by the number of the appointment or of the registration; one query a kind.

    None of what has gone to another organisation since: it is no longer for those who work at this one.
    """
    found = list(appointments)
    owners = {
        one.pk: one.organisation_id if isinstance(one, Appointment) else one.session.organisation_id for one in found
    }
    return _titles({one.pk: (one.subject_kind, one.subject_id) for one in found}, owners)


SAID_WITHIN = timedelta(days=7)
"""After a session: until then its leader still sees the name of who came and is answered elsewhere since."""


def expected(registrations: Iterable[Registration], now: datetime) -> dict[UUID, str]:
    """How each is called who had a place, whoever answers them now, until who came was said or SAID_WITHIN has gone by: at the door one must
    know for whom it is."""
    those = [
        one
        for one in registrations
        if one.state == Registration.State.REGISTERED and one.session.ends_at + SAID_WITHIN > now
    ]
    return _titles({one.pk: (one.subject_kind, one.subject_id) for one in those})


def pages(registrations: Iterable[Registration], user: User) -> dict[UUID, str]:
    """The page of each that `user` may open, by its number; one query a kind."""
    by_kind: dict[str, set[UUID]] = {}
    found = list(registrations)
    for one in found:
        by_kind.setdefault(one.subject_kind, set()).add(one.subject_id)
    seen = {kind: Booked.of(kind).read_by(user, numbers) for kind, numbers in by_kind.items()}
    return {one.pk: of(one).page(one.subject_id) for one in found if one.subject_id in seen[one.subject_kind]}


def parties(appointments: Iterable[Appointment]) -> dict[UUID, str]:
    """With whom each of them is, to come after « avec », by the number of the appointment; one query a kind."""
    return _titles({one.pk: (one.with_kind, one.with_id) for one in appointments if one.with_kind})


def _titles(wanted: dict[UUID, tuple[str, UUID]], owners: dict[UUID, UUID] | None = None) -> dict[UUID, str]:
    """`owners`: the organisation whose each must be still."""
    numbers: dict[str, set[UUID]] = {}
    for kind, number in wanted.values():
        numbers.setdefault(kind, set()).add(number)
    found = {kind: KINDS[kind].found(those) for kind, those in numbers.items()}
    there = {pk: found[kind][number] for pk, (kind, number) in wanted.items() if number in found[kind]}
    return {pk: one.title for pk, one in there.items() if owners is None or one.organisation_id == owners[pk]}
