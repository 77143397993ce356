"""What people do to accounts: invite, accept, approve, change roles, deactivate. Each leaves an access record."""

import uuid
from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse

from relais.foundation import codes
from relais.foundation.outbox import enqueue

from .models import Invitation, Membership, Organisation, Role, User
from .permissions import record_access

INVITATION_LIFE = timedelta(days=7)

INVITATION_TEXT = """Bonjour,

{inviter} vous invite à rejoindre Relais ({organisation}), comme : {role}.

Pour créer votre compte, ouvrez cette adresse avant le {until:%d/%m/%Y} :
{link}

Elle ne sert qu’une fois. Une seconde personne devra ensuite approuver votre compte.
Si vous n’attendiez pas cette invitation, ne faites rien."""

APPROVED_TEXT = """Bonjour,

Votre compte Relais est approuvé. Vous pouvez vous connecter :
{link}

À la première connexion, Relais vous demandera d’ajouter un second moyen de prouver que c’est vous."""


class Refused(Exception):
    """A use case said no. Its text is a sentence for the screen."""


class AlreadyKnown(Refused):
    """There is an account at this address."""


class NotOnYourself(Refused):
    """Nobody changes their own rights."""


class SecondPersonNeeded(Refused):
    """The one who invites is not the one who approves."""


class InvitationUnusable(Refused):
    """Unknown, used, expired or withdrawn: the visitor is told the same for all."""

    def __init__(self):
        super().__init__("Cette invitation ne sert plus. Demandez-en une nouvelle à la personne qui vous a invité.")


class AdministratorsExist(Refused):
    """The command on the server is only for a site that nobody can administer yet."""


@transaction.atomic
def invite(*, actor: User, email: str, organisation: Organisation, role: str, now: datetime) -> Invitation:
    """Send an invitation by e-mail; an earlier one to the same address ends. Raises AlreadyKnown."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise AlreadyKnown("Il y a déjà un compte à cette adresse.")
    Invitation.objects.open(now).filter(email=email).update(expires_at=now)
    secret = codes.secret()
    invitation = Invitation.objects.create(
        email=email,
        organisation=organisation,
        role=role,
        token_digest=codes.digest(secret),
        invited_by=actor,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    record_access(actor, "invite", invitation, now=now)
    link = settings.SITE_URL + reverse("invitation", args=[secret])
    text = INVITATION_TEXT.format(inviter=actor, organisation=organisation, role=Role(role).label.lower(), until=invitation.expires_at, link=link)
    payload = {"to": email, "subject": "Votre invitation à rejoindre Relais", "text": text}
    enqueue("email", key=f"invitation:{invitation.id}", payload=payload, now=now)
    return invitation


@transaction.atomic
def withdraw_invitation(*, actor: User, invitation_id: uuid.UUID, now: datetime) -> None:
    """The link no longer opens anything. Http404 when it is already used or over."""
    invitation = get_object_or_404(Invitation.objects.open(now).select_for_update(), pk=invitation_id)
    invitation.expires_at = now
    invitation.save(update_fields=["expires_at"])
    record_access(actor, "withdraw-invitation", invitation, now=now)


def find_invitation(*, secret: str, now: datetime) -> Invitation:
    """The invitation that this secret opens. Raises InvitationUnusable."""
    invitation = Invitation.objects.open(now).select_related("organisation").filter(token_digest=codes.digest(secret)).first()
    if invitation is None or User.objects.filter(email=invitation.email).exists():
        raise InvitationUnusable
    return invitation


@transaction.atomic
def accept_invitation(*, secret: str, display_name: str, full_name: str, password: str, now: datetime) -> User:
    """Make the account of an invited person, inert until `approve_account`. Raises InvitationUnusable."""
    # Locked before it is read: of two forms sent at once, the second finds it used.
    Invitation.objects.select_for_update().filter(token_digest=codes.digest(secret)).first()
    invitation = find_invitation(secret=secret, now=now)
    user = User.objects.create_user(
        invitation.email, password, display_name=display_name, full_name=full_name, invited_by_id=invitation.invited_by_id
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Membership.objects.create(user=user, organisation=invitation.organisation, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record_access(user, "accept-invitation", invitation, now=now)
    return user


@transaction.atomic
def approve_account(*, actor: User, user_id: uuid.UUID, now: datetime) -> User:
    """Open an account. Raises SecondPersonNeeded, NotOnYourself; an account already open is left as it is."""
    user = _locked(actor, user_id)
    if user.invited_by_id == actor.pk:
        raise SecondPersonNeeded("Vous avez invité cette personne : c’est à quelqu’un d’autre d’approuver son compte.")
    if user.is_approved:
        return user
    user.approved_by, user.approved_at = actor, now
    user.save(update_fields=["approved_by", "approved_at"])
    record_access(actor, "approve", user, now=now)
    text = APPROVED_TEXT.format(link=settings.SITE_URL + reverse("account_login"))
    payload = {"to": user.email, "subject": "Votre compte Relais est ouvert", "text": text}
    enqueue("email", key=f"approved:{user.pk}", payload=payload, now=now)
    return user


@transaction.atomic
def change_roles(*, actor: User, user_id: uuid.UUID, organisation: Organisation, roles: list[str], now: datetime) -> User:
    """Give exactly these roles to someone in one organisation. Raises NotOnYourself."""
    user = _locked(actor, user_id)
    user.memberships.filter(organisation=organisation).exclude(role__in=roles).delete()
    for role in roles:
        Membership.objects.get_or_create(user=user, organisation=organisation, role=role)
    record_access(actor, "change-roles", user, reason=", ".join(sorted(roles)), now=now)
    return user


@transaction.atomic
def deactivate_account(*, actor: User, user_id: uuid.UUID, now: datetime) -> User:
    """Close an account at once: its sessions are worth nothing from their next request on. Raises NotOnYourself."""
    user = _locked(actor, user_id)
    user.is_active = False
    user.save(update_fields=["is_active"])
    Invitation.objects.open(now).filter(invited_by=user).update(expires_at=now)
    record_access(actor, "deactivate", user, now=now)
    return user


def _locked(actor: User, user_id: uuid.UUID) -> User:
    if actor.pk == user_id:
        raise NotOnYourself("C’est votre propre compte : demandez à quelqu’un d’autre de l’administration.")
    return get_object_or_404(User.objects.visible_to(actor).select_for_update(), pk=user_id, is_active=True)


@transaction.atomic
def add_organisation(*, actor: User, name: str, kind: str, now: datetime) -> Organisation:
    organisation = Organisation.objects.create(name=name, kind=kind)
    record_access(actor, "add-organisation", organisation, now=now)
    return organisation


@transaction.atomic
def first_administrator(*, email: str, organisation: str, now: datetime) -> str:
    """Make one of the first two administrators, approved by whoever holds the server. Returns a link that serves once.

    Two are needed before anybody can approve anybody: one invites, another approves. Called again for someone who has
    not yet chosen a password, it gives a new link. Raises AdministratorsExist, AlreadyKnown.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        if User.objects.administrators().count() >= 2:
            raise AdministratorsExist("Two people already administer this site: they invite and approve the others at /pro/equipe/.")
        team = Organisation.objects.get_or_create(name=organisation, kind=Organisation.Kind.OPERATOR, is_demo=False)[0]
        user = User.objects.create_user(email, approved_at=now)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        Membership.objects.create(user=user, organisation=team, role=Role.ADMINISTRATOR)
    elif user.has_usable_password() or not User.objects.administrators().filter(pk=user.pk).exists():
        raise AlreadyKnown("This address already has an account.")
    record_access(None, "first-administrator", user, now=now)
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)


DEMO_TEAM = "Équipe Relais (démonstration)"
DEMO_PARTNER = "Mission locale (démonstration)"
DEMO_TITLES = {"mediator@demo.invalid": "médiatrice", "mediator-2@demo.invalid": "médiateur"}
"""What the people of the demonstration say they are, where the role has two forms."""
# (key, role, first name, full name, organisation)
DEMO_PEOPLE = (
    ("mediator", Role.MEDIATOR, "Sarah", "Sarah Benali", DEMO_TEAM),
    ("mediator_2", Role.MEDIATOR, "Karim", "Karim Duval", DEMO_TEAM),
    ("volunteer", Role.VOLUNTEER, "Léo", "Léo Garnier", DEMO_TEAM),
    ("supervisor", Role.SUPERVISOR, "Hélène", "Hélène Morvan", DEMO_TEAM),
    ("campaign_manager", Role.CAMPAIGN_MANAGER, "Inès", "Inès Caron", DEMO_TEAM),
    ("funder", Role.FUNDER, "Paul", "Paul Lambert", DEMO_TEAM),
    ("administrator", Role.ADMINISTRATOR, "Nadia", "Nadia Roux", DEMO_TEAM),
    ("administrator_2", Role.ADMINISTRATOR, "Marc", "Marc Petit", DEMO_TEAM),
    ("partner", Role.PARTNER, "Julie", "Julie Faure", DEMO_PARTNER),
)


@transaction.atomic
def ensure_demo_people(*, now: datetime) -> dict[str, User]:
    """The people of the demonstration, by key of DEMO_PEOPLE; made once, left as they are afterwards.

    Nobody knows their passwords or second factors: they come in by the demonstration door only.
    """
    kinds = {DEMO_TEAM: Organisation.Kind.OPERATOR, DEMO_PARTNER: Organisation.Kind.PARTNER}
    teams = {name: Organisation.objects.get_or_create(name=name, is_demo=True, defaults={"kind": kind})[0] for name, kind in kinds.items()}
    people = {}
    for key, role, first_name, full_name, team in DEMO_PEOPLE:
        email = f"{key.replace('_', '-')}@demo.invalid"
        user = User.objects.filter(email=email).first()
        if user is None:
            user = User.objects.create_user(email, display_name=first_name, full_name=full_name, is_demo=True, approved_at=now)
            EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
            TOTP.activate(user, generate_totp_secret())
            Membership.objects.create(user=user, organisation=teams[team], role=role)
        people[key] = user
    return people
