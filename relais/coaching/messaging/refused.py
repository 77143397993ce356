"""What somebody told the team they want no more of: noted by it, for its own letters (`thread.outbound.refused` shows it)."""

from datetime import datetime

from django.db import transaction

from relais.accounts.models import User
from relais.accounts.permissions import record_access
from relais.channels import opt_outs
from relais.channels.models import Channel, OptOut
from relais.foundation import contacts


@transaction.atomic
def note(*, user: User, contact: contacts.ContactPoint, roles: tuple, now: datetime) -> None:
    """Somebody told the team that they want nothing more: it holds for the letters of the organisations where `user` has one of `roles`."""
    channel = _channel(contact)
    for organisation in user.organisations(*roles):
        opt_outs.add(channel=channel, address=contact, how=OptOut.How.STAFF, now=now, owner=organisation.pk)
    record_access(user, "opt-out", "contact", channel, now=now)


@transaction.atomic
def withdraw(*, user: User, contact: contacts.ContactPoint, roles: tuple, now: datetime) -> bool:
    """What was noted for a wrong address is taken back, in the organisations where `user` has one of `roles`. False when nothing was noted there."""
    channel = _channel(contact)
    found = [
        opt_outs.withdraw(channel=channel, address=contact, owner=organisation.pk, now=now)
        for organisation in user.organisations(*roles)
    ]
    record_access(user, "opt-out-withdrawn", "contact", channel, now=now)
    return any(found)


def _channel(contact: contacts.ContactPoint) -> str:
    return Channel.EMAIL if contact.kind == contacts.EMAIL else Channel.SMS
