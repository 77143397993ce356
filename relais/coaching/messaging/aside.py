"""A message that a program set aside, and that bears signs of danger, is in no conversation: it has no alarm, and is told all the same."""

from datetime import datetime

from django.utils.timezone import localdate

from relais.accounts.scope import Answerable, answerable
from relais.channels.models import Inbound
from relais.channels.retention import NOTICE, soon_over, tells_of_unseen
from relais.channels.services import keeps_whole
from relais.foundation import letters, notices
from relais.safeguarding import first_aid


@keeps_whole
def bears_danger(text: str) -> bool:
    return bool(first_aid.read(text).kinds)


def is_dangerous(inbound: Inbound) -> bool:
    """Whether it is set aside and bears signs of danger; what we had sent ourselves does not count."""
    written = "\n".join([inbound.subject, inbound.body, inbound.whole])
    return inbound.is_aside and inbound.reason != Inbound.Reason.OWN and bears_danger(written)


def tell(inbound: Inbound, now: datetime) -> None:
    """Tell those who decide at its owner of a message that a program set aside and that bears signs of danger."""
    count = Inbound.objects.set_aside().filter(owner=inbound.owner, danger=True).count()
    told = answerable(inbound.owner)
    for person in told.people:
        # The letter tells how many there are by then, whether it is of one or of several.
        notices.tell(
            "aside",
            "coaching/aside",
            many="coaching/aside",
            to=person.email,
            context={"count": count, "nobody_at": told.nobody_at},
            now=now,
            organisation=inbound.owner,
            pressing=True,
        )


@tells_of_unseen
def tell_of_unseen(inbound: Inbound, now: datetime) -> bool:
    """Tell those who decide at its owner that messages will be erased although nobody looked at them; one letter a day, which says how many."""
    count = soon_over(now).filter(owner=inbound.owner).count()
    told = answerable(inbound.owner) if inbound.owner else Answerable([])
    for person in told.people:
        letters.send(
            "coaching/unseen",
            to=person.email,
            context={"count": count, "end": now + NOTICE, "nobody_at": told.nobody_at},
            key=f"unseen:{inbound.owner.hex}:{localdate(now):%Y%m%d}:{person.pk.hex}",
            now=now,
            organisation=inbound.owner,
        )
    return bool(told.people)
