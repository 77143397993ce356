"""Volunteers' certificates of good standing (attestation d'honorabilité): seen by a supervisor, verified on the State's site, never kept.

Only the number and the dates are written down. Facts checked on 2026-11-21: the certificate must be less than six months old when it is
shown and is asked again every three years (code de l'action sociale et des familles, L133-6 ; décret 2024-643); whoever receives it
verifies it on honorabilite.social.gouv.fr.
"""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from relais.foundation.events import record
from relais.foundation.refusals import NotAcceptable
from relais.foundation.two_eyes import second_person

from . import ends, rights
from .events import VolunteerChecked, VolunteerCheckRevoked
from .models import Membership, Role, User, VolunteerCheck
from .permissions import record_access
from .scope import people

FRESH_MONTHS, YEARS = 6, 3


def looked_after_by(user: User):
    """The volunteers of the organisations that `user` supervises or administers: where they volunteer, not where they are known otherwise."""
    places = user.organisations(Role.SUPERVISOR) | user.administered()
    return User.objects.filter(
        is_active=True,
        pk__in=Membership.objects.filter(role=Role.VOLUNTEER, organisation__in=places).order_by().values("user"),
    )


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the first of the next month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def last_day(verified_on: date) -> date:
    """The furthest day before which a check must be made again."""
    return months_after(verified_on, 12 * YEARS)


@transaction.atomic
def record_check(
    *, user: User, number: str, issued_on: date, verified_on: date, expires_on: date, by: User, now: datetime
) -> VolunteerCheck:
    """Write down that `by` verified the certificate of `user`. Raises NotAcceptable, SecondPersonNeeded."""
    today = timezone.localdate(now)
    second_person(by, user, says="Personne ne vérifie sa propre attestation : demandez-le à quelqu’un d’autre.")
    if Role.VOLUNTEER not in {membership.role for membership in user.memberships.all()}:
        raise NotAcceptable(f"{user} n’est pas bénévole.")
    if not issued_on <= verified_on <= today:
        raise NotAcceptable("L’attestation est délivrée, puis vérifiée : au plus tard aujourd’hui.")
    if months_after(issued_on, FRESH_MONTHS) <= verified_on:
        raise NotAcceptable(
            "Cette attestation avait plus de six mois quand elle a été vérifiée : demandez-en une nouvelle."
        )
    if not verified_on < expires_on <= last_day(verified_on):
        raise NotAcceptable("La vérification est à refaire au plus tard trois ans après.")
    if VolunteerCheck.objects.filter(number__iexact=number.strip()).exclude(user=user).exists():
        raise NotAcceptable("Ce numéro est déjà celui d’une autre personne : vérifiez-le.")
    check = VolunteerCheck.objects.create(
        user=user,
        number=number.strip(),
        issued_on=issued_on,
        verified_on=verified_on,
        expires_on=expires_on,
        verified_by=by,
    )
    record(VolunteerChecked(user=user.pk, by=by.pk), now=now)
    record_access(by, "check-volunteer", user, now=now)
    _tell(check, now)
    return check


def _tell(check: VolunteerCheck, now: datetime) -> None:
    """One person sees the document alone: those who answer for the volunteers there hear of it, and may end it."""
    for membership in check.user.memberships.select_related("organisation"):
        if membership.role == Role.VOLUNTEER:
            supervisors = people(membership.organisation_id, Role.SUPERVISOR)
            rights.tell(membership.organisation, "volunteer_checked", {"check": check}, now=now, also=supervisors)


@transaction.atomic
def revoke(*, check: VolunteerCheck, by: User, now: datetime) -> VolunteerCheck:
    """It counts no longer, from this instant. What this volunteer holds of minors goes back to the team (see coaching)."""
    held = VolunteerCheck.objects.select_for_update().get(pk=check.pk)
    if held.revoked_at is None:
        held.revoked_at = now
        held.save(update_fields=["revoked_at"])
        ends.ended(held.user)
        record(VolunteerCheckRevoked(user=held.user_id, by=by.pk), now=now)
        record_access(by, "revoke-check", "user", held.user_id, now=now)
    return held
