"""What people do to the catalogue. Everything else comes from imports."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from relais.accounts.models import Role, User
from relais.accounts.permissions import record_access
from relais.foundation import states
from relais.foundation.refusals import AlreadyDecided, AlreadyThere, Gone, NotAllowed

from .models import MODERATORS, Commune, JobOffer, OfferReport, Structure

CORRECTORS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR, Role.MEDIATOR})


@transaction.atomic
def correct_structure(
    *,
    structure_id: UUID,
    user: User,
    commune: Commune,
    email: str,
    phone: str,
    website: str,
    place_is_known: bool,
    now: datetime,
) -> Structure:
    """Correct the place and the ways to reach a structure. Kept in `corrections`, and laid over every later import.

    `place_is_known`: the person vouches for the commune, even when it is the one already there.
    Raises `NotAllowed`, `AlreadyThere` and `Structure.DoesNotExist`.
    """
    if not user.organisations(*CORRECTORS).exists():
        raise NotAllowed("C’est à une personne de l’équipe qui s’occupe du catalogue de le faire.")
    structure = Structure.objects.select_for_update().get(pk=structure_id)
    sent = {"email": email, "phone": phone, "website": website}
    changed = {name: value for name, value in sent.items() if value != getattr(structure, name)}
    if commune.pk != structure.commune_id or (place_is_known and structure.placement != Structure.Placement.CORRECTED):
        changed["commune"] = commune.pk
        structure.commune, structure.placement = commune, Structure.Placement.CORRECTED
    if not changed:
        raise AlreadyThere("Rien n’a changé : c’est déjà ce qui est enregistré.")
    for name in changed.keys() & sent.keys():
        setattr(structure, name, changed[name])
    structure.corrections |= changed
    structure.save(update_fields=["commune", "placement", "email", "phone", "website", "corrections"])
    record_access(user, "correct", structure, reason=", ".join(sorted(changed)), now=now)
    return structure


@transaction.atomic
def report_offer(*, offer_id: int, ground: str, detail: str, now: datetime) -> OfferReport:
    """Somebody, without an account, says that an offer should not be there. Nothing is kept of who. Raises `Gone`."""
    offer = JobOffer.objects.current().select_for_update().filter(pk=offer_id).first()
    if offer is None:
        raise Gone("Cette offre vient d’être retirée : il n’y a plus rien à signaler.")
    return OfferReport.objects.create(offer=offer, ground=OfferReport.Ground(ground), detail=detail, reported_at=now)


@transaction.atomic
def decide_on_offer(*, offer_id: int, user: User, remove: bool, reason: str, now: datetime) -> int:
    """Keep or take down a reported offer, once for all the reports that wait. Returns how many they were.

    What is taken down stays so whatever the next imports say. Raises `NotAllowed`, `AlreadyDecided` and `JobOffer.DoesNotExist`.
    """
    if not user.organisations(*MODERATORS).exists():
        raise NotAllowed("C’est à une personne de l’équipe qui s’occupe du catalogue de le faire.")
    offer = JobOffer.objects.select_for_update().get(pk=offer_id)
    state = OfferReport.State.REMOVED if remove else OfferReport.State.KEPT
    waiting = OfferReport.objects.visible_to(user).waiting().filter(offer=offer)
    decided = states.move_all(waiting, state, decided_by=user, decided_at=now, reason=reason)
    if not decided:
        raise AlreadyDecided("Une décision est déjà prise pour cette offre.")
    if remove:
        offer.hidden_at = now
        offer.save(update_fields=["hidden_at"])
    record_access(user, "remove-offer" if remove else "keep-offer", offer, reason=reason, now=now)
    return decided
