"""What people do to the catalogue. Everything else comes from imports."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts.models import Role, User
from relais.accounts.permissions import record_access

from .models import Commune, Structure

CORRECTORS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.MEDIATOR})


class NotAllowed(Exception):
    """This person does not correct structures."""


class NothingToCorrect(Exception):
    """What was sent is what is already there."""


@transaction.atomic
def correct_structure(
    *, structure_id: UUID, user: User, commune: Commune, email: str, phone: str, website: str, place_is_known: bool, now: datetime
) -> Structure:
    """Correct the place and the ways to reach a structure. Kept in `corrections`, and laid over every later import.

    `place_is_known`: the person vouches for the commune, even when it is the one already there.
    Raises `NotAllowed`, `NothingToCorrect` and `Structure.DoesNotExist`.
    """
    if not user.roles() & CORRECTORS:
        raise NotAllowed
    structure = Structure.objects.select_for_update().get(pk=structure_id)
    sent = {"email": email, "phone": phone, "website": website}
    changed = {name: value for name, value in sent.items() if value != getattr(structure, name)}
    if commune.pk != structure.commune_id or (place_is_known and structure.placement != Structure.Placement.CORRECTED):
        changed["commune"] = commune.pk
        structure.commune, structure.placement = commune, Structure.Placement.CORRECTED
    if not changed:
        raise NothingToCorrect
    for name in changed.keys() & sent.keys():
        setattr(structure, name, changed[name])
    structure.corrections |= changed
    structure.save(update_fields=["commune", "placement", "email", "phone", "website", "corrections"])
    record_access(user, "correct", structure, reason=", ".join(sorted(changed)), now=now)
    return structure
