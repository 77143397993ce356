"""A message that a program set aside, and that bears signs of danger, is in no conversation: it has no alarm, and is told all the same."""

from datetime import datetime
from uuid import UUID

from django.utils.timezone import localdate

from relais.accounts.models import Organisation, User
from relais.accounts.scope import host_number, people
from relais.channels.models import Inbound
from relais.channels.retention import NOTICE, soon_over, tells_of_unseen
from relais.channels.services import keeps_whole
from relais.foundation import letters, notices
from relais.safeguarding import first_aid

from ..desk.undelivered import DECIDE


@keeps_whole
def bears_danger(text: str) -> bool:
    return bool(first_aid.read(text).kinds)


def is_dangerous(inbound: Inbound) -> bool:
    """Whether it is set aside and bears signs of danger; what we had sent ourselves does not count."""
    written = "\n".join([inbound.subject, inbound.body, inbound.whole])
    return inbound.is_aside and inbound.reason != Inbound.Reason.OWN and bears_danger(written)


def _told(owner: UUID) -> tuple[list[User], str]:
    """Who is told: the supervisors of the owner; where there is none, who decides beside them; where nobody does, those of the host, and then
    the name of the organisation that has nobody."""
    for place in filter(None, (owner, host_number())):
        for role in DECIDE:
            if found := list(people(place, role)):
                return found, "" if place == owner else str(Organisation.objects.filter(pk=owner).first() or "")
    return [], ""


def tell(inbound: Inbound, now: datetime) -> None:
    """Tell those who decide at its owner of a message that a program set aside and that bears signs of danger."""
    count = Inbound.objects.set_aside().filter(owner=inbound.owner, danger=True).count()
    persons, nobody_at = _told(inbound.owner)
    for person in persons:
        # The letter tells how many there are by then, whether it is of one or of several.
        notices.tell(
            "aside",
            "coaching/aside",
            many="coaching/aside",
            to=person.email,
            context={"count": count, "nobody_at": nobody_at},
            now=now,
            organisation=inbound.owner,
            pressing=True,
        )


@tells_of_unseen
def tell_of_unseen(inbound: Inbound, now: datetime) -> bool:
    """Tell those who decide at its owner that messages will be erased although nobody looked at them; one letter a day, which says how many."""
    count = soon_over(now).filter(owner=inbound.owner).count()
    persons, nobody_at = _told(inbound.owner) if inbound.owner else ([], "")
    for person in persons:
        letters.send(
            "coaching/unseen",
            to=person.email,
            context={"count": count, "end": now + NOTICE, "nobody_at": nobody_at},
            key=f"unseen:{inbound.owner.hex}:{localdate(now):%Y%m%d}:{person.pk.hex}",
            now=now,
            organisation=inbound.owner,
        )
    return bool(persons)
