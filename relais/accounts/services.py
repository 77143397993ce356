"""What people do to accounts: invite, accept, approve, change roles, deactivate. Each leaves an access record."""

import uuid
from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import reverse

from relais.foundation import letters, links, sites
from relais.foundation.models import Link
from relais.foundation.refusals import AlreadyThere, LinkOver, NotAllowed
from relais.foundation.two_eyes import second_person

from . import ends, reading, rights, second_factor
from .models import INVITATION, Invitation, Membership, Organisation, ReadingStop, RightRequest, Role, User
from .permissions import record_access
from .refusals import ON_YOURSELF, TwoAdministratorsNeeded
from .scope import host, host_number, people

INVITATION_LIFE = timedelta(days=7)


@transaction.atomic
def invite(*, actor: User, email: str, organisation: Organisation, role: str, now: datetime) -> Invitation:
    """Send an invitation by e-mail; an earlier one to the same address ends. Raises AlreadyThere."""
    email = email.strip().lower()
    if User.objects.filter(email=email).exists():
        raise AlreadyThere("Il y a déjà un compte à cette adresse.")
    links.revoke(INVITATION, *Invitation.objects.open(now).filter(email=email).values_list("pk", flat=True), now=now)
    invitation = Invitation.objects.create(
        email=email,
        organisation=organisation,
        role=role,
        invited_by=actor,
        created_at=now,
    )
    link = links.address(INVITATION, links.make(INVITATION, invitation.pk, now=now), organisation=organisation)
    record_access(actor, "invite", invitation, now=now)
    said = {"inviter": actor, "role": Role(role).label.lower(), "until": now + INVITATION_LIFE, "address": link}
    letters.send(
        "accounts/invitation",
        to=email,
        context=said | {"organisation": organisation},
        key=f"invitation:{invitation.id}",
        now=now,
        organisation=organisation,
    )
    return invitation


@transaction.atomic
def withdraw_invitation(*, actor: User, invitation_id: uuid.UUID, now: datetime) -> None:
    """The link no longer opens anything. Http404 when it is already used or over."""
    theirs = Invitation.objects.open(now).filter(organisation__in=actor.administered())
    invitation = get_object_or_404(theirs.select_for_update(), pk=invitation_id)
    links.revoke(INVITATION, invitation.pk, now=now)
    record_access(actor, "withdraw-invitation", invitation, now=now)


def find_invitation(*, secret: str, now: datetime) -> Invitation:
    """The invitation that this secret opens. Raises LinkOver."""
    return _invited(links.opened(secret, INVITATION, now=now))


def _invited(link: Link) -> Invitation:
    invitation = Invitation.objects.select_related("organisation").filter(pk=link.subject).first()
    if invitation is None or User.objects.filter(email=invitation.email).exists():
        raise LinkOver(links.OVER)
    return invitation


@transaction.atomic
def accept_invitation(*, secret: str, display_name: str, full_name: str, password: str, now: datetime) -> User:
    """Make the account of an invited person, inert until `approve_account`. Raises LinkOver."""
    link = links.opened(secret, INVITATION, now=now)
    # Used before anything is made: of two forms sent at once, the second finds it used.
    links.use(link, now=now)
    invitation = _invited(link)
    user = User.objects.create_user(
        invitation.email,
        password,
        display_name=display_name,
        full_name=full_name,
        invited_by_id=invitation.invited_by_id,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    Membership.objects.create(user=user, organisation=invitation.organisation, role=invitation.role)
    invitation.accepted_at, invitation.accepted_by = now, user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    record_access(user, "accept-invitation", invitation, now=now)
    return user


@transaction.atomic
def approve_account(*, actor: User, user_id: uuid.UUID, now: datetime) -> User:
    """Open an account. Raises SecondPersonNeeded; an account already open is left as it is."""
    user = _locked(actor, user_id)
    second_person(
        actor,
        user.invited_by_id,
        says="Vous avez invité cette personne : c’est à quelqu’un d’autre d’approuver son compte.",
    )
    if user.is_approved:
        return user
    user.approved_by, user.approved_at = actor, now
    user.save(update_fields=["approved_by", "approved_at"])
    record_access(actor, "approve", user, now=now)
    owner = user.memberships.values_list("organisation", flat=True).first()
    letters.send("accounts/approved", to=user.email, context={}, key=f"approved:{user.pk}", now=now, organisation=owner)
    for organisation, roles in _roles_of(user).items():
        said = {"actor": actor, "user": user, "roles": _labels(roles)}
        rights.tell(organisation, "account_approved", said, now=now)
    return user


@transaction.atomic
def change_roles(
    *, actor: User, user_id: uuid.UUID, organisation: Organisation, roles: list[str], now: datetime
) -> RightRequest | None:
    """Give exactly these roles to someone in one organisation: those taken away end at once, those added are asked of a second
    administrator (the request is returned). Raises SecondPersonNeeded, NobodyToAccept, TwoAdministratorsNeeded."""
    user = _locked(actor, user_id)
    held = user.memberships.filter(organisation=organisation)
    gone, added = held.exclude(role__in=roles), set(roles) - set(held.values_list("role", flat=True))
    if lost := list(gone.values_list("role", flat=True)):
        if Role.ADMINISTRATOR in lost:
            _keep_two(user, organisation)
        gone.delete()
        ends.ended(user)
        rights.drop_in(user, organisation, by=actor, now=now)
        record_access(actor, "change-roles", user, reason=f"retire : {', '.join(sorted(lost))}", now=now)
        said = {"actor": actor, "user": user, "roles": _labels(lost)}
        rights.tell(organisation, "right_removed", said, now=now, also=[user])
    if not added:
        return None
    return rights.ask(
        actor=actor, user=user, organisation=organisation, kind=RightRequest.Kind.ROLES, roles=tuple(added), now=now
    )


@transaction.atomic
def deactivate_account(*, actor: User, user_id: uuid.UUID, now: datetime) -> User:
    """Close an account at once: its sessions are worth nothing from their next request on.

    Raises SecondPersonNeeded, NotAllowed, TwoAdministratorsNeeded.
    """
    user = _locked(actor, user_id)
    _refuse_if_elsewhere(actor, user)
    for organisation in _roles_of(user):
        _keep_two(user, organisation)
    user.is_active = False
    user.save(update_fields=["is_active"])
    links.revoke(
        INVITATION, *Invitation.objects.open(now).filter(invited_by=user).values_list("pk", flat=True), now=now
    )
    rights.drop_all(user, by=actor, now=now)
    ends.ended(user)
    record_access(actor, "deactivate", user, now=now)
    for organisation in _roles_of(user):
        rights.tell(organisation, "account_closed", {"actor": actor, "user": user}, now=now, also=[user])
    return user


@transaction.atomic
def ask_to_reopen(*, actor: User, user_id: uuid.UUID, now: datetime) -> RightRequest:
    """Ask that a closed account work again, with the roles it has kept. Raises SecondPersonNeeded, NotAllowed; Http404 when it is open."""
    user = get_object_or_404(User.objects.administered_by(actor), pk=user_id, is_active=False)
    _refuse_if_elsewhere(actor, user)
    organisation = get_object_or_404(Organisation, pk=next(iter(_roles_of(user)), actor.administered()[0]).pk)
    return rights.ask(actor=actor, user=user, organisation=organisation, kind=RightRequest.Kind.REOPEN, now=now)


@transaction.atomic
def ask_to_lift(*, actor: User, stop: ReadingStop, reason: str, now: datetime) -> RightRequest:
    """A supervisor or an administrator asks that an account that read too much work again, and says why.

    Where the files are that were read, or in the organisation that runs the site. Raises SecondPersonNeeded, NotAllowed.
    """
    organisation = Organisation.objects.get(pk=reading.organisation_of(stop) or host_number())
    if not (
        actor.administers_all()
        or actor.has(Role.ADMINISTRATOR, organisation)
        or actor.has(Role.SUPERVISOR, organisation)
    ):
        raise NotAllowed(
            f"Les dossiers lus ne sont pas ceux de votre organisation : c’est à {organisation} de demander cette remise en route."
        )
    return rights.ask(
        actor=actor,
        user=stop.user,
        organisation=organisation,
        kind=RightRequest.Kind.LIFT,
        stop=stop,
        reason=reason,
        now=now,
    )


def _refuse_if_elsewhere(actor: User, user: User) -> None:
    if user.memberships.exclude(organisation__in=actor.administered()).exists():
        raise NotAllowed(
            "Cette personne travaille aussi dans une organisation que vous n’administrez pas : retirez-lui ses rôles dans la vôtre."
        )


def _keep_two(user: User, organisation: Organisation) -> None:
    """Without `user`, two administrators must be left where the site is run from. Raises TwoAdministratorsNeeded."""
    # Locked: of two administrators who close each other's account at once, the second finds the first's done.
    held = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    administering = set(people(held, Role.ADMINISTRATOR).values_list("pk", flat=True)) if held.is_host else set()
    if user.pk in administering and len(administering) <= 2:
        raise TwoAdministratorsNeeded(held)


def _roles_of(user: User) -> dict[Organisation, list[str]]:
    held: dict[Organisation, list[str]] = {}
    for membership in user.memberships.select_related("organisation"):
        held.setdefault(membership.organisation, []).append(membership.role)
    return held


def _labels(roles) -> str:
    return ", ".join(Role(role).label.lower() for role in sorted(roles))


def _locked(actor: User, user_id: uuid.UUID) -> User:
    second_person(actor, user_id, says=ON_YOURSELF)
    return get_object_or_404(User.objects.administered_by(actor).select_for_update(), pk=user_id, is_active=True)


@transaction.atomic
def add_organisation(*, actor: User, name: str, kind: str, now: datetime) -> Organisation:
    organisation = Organisation.objects.create(name=name, kind=kind)
    record_access(actor, "add-organisation", organisation, now=now)
    return organisation


@transaction.atomic
def first_administrator(*, email: str, organisation: str, now: datetime) -> str:
    """Make one of the first two administrators, approved by whoever holds the server. Returns a link that serves once.

    Two are needed before anybody can approve anybody: one invites, another approves. Called again for someone who has
    not yet chosen a password, it gives a new link. Raises AlreadyThere.
    """
    email = email.strip().lower()
    user = User.objects.filter(email=email).first()
    if user is None:
        if User.objects.administrators().count() >= 2:
            raise AlreadyThere(
                "Two people already administer this site: they invite and approve the others at /pro/equipe/."
            )
        # The second one joins the first, whatever name is typed: the two look after the same organisation.
        runs_site = Organisation.objects.filter(is_host=True, is_demo=False).first()
        team = (
            runs_site
            or Organisation.objects.get_or_create(name=organisation, kind=Organisation.Kind.OPERATOR, is_demo=False)[0]
        )
        _be_host(team)
        user = User.objects.create_user(email, approved_at=now)
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
        Membership.objects.create(user=user, organisation=team, role=Role.ADMINISTRATOR)
    elif user.has_usable_password() or not User.objects.administrators().filter(pk=user.pk).exists():
        raise AlreadyThere("This address already has an account.")
    record_access(None, "first-administrator", user, now=now)
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return sites.absolute(reverse("account_reset_password_from_key", kwargs=key))


def _be_host(organisation: Organisation) -> None:
    """The first organisation of an installation runs it; one that is real takes over from that of the demonstration."""
    current = host()
    if current is None or (current.is_demo and not organisation.is_demo):
        Organisation.objects.filter(is_host=True).update(is_host=False)
        Organisation.objects.filter(pk=organisation.pk).update(is_host=True)


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

    Nobody knows their passwords or second factors: they come in by the sign-in of the demonstration only.
    """
    kinds = {DEMO_TEAM: Organisation.Kind.OPERATOR, DEMO_PARTNER: Organisation.Kind.PARTNER}
    teams = {
        name: Organisation.objects.get_or_create(name=name, is_demo=True, defaults={"kind": kind})[0]
        for name, kind in kinds.items()
    }
    _be_host(teams[DEMO_TEAM])
    emails = {key: f"{key.replace('_', '-')}@demo.invalid" for key, *_ in DEMO_PEOPLE}
    there = User.objects.in_bulk(emails.values(), field_name="email")
    new = [one for one in DEMO_PEOPLE if emails[one[0]] not in there]
    made = [
        User(
            email=emails[key],
            password=make_password(None),
            display_name=first_name,
            full_name=full_name,
            is_demo=True,
            approved_at=now,
        )
        for key, _role, first_name, full_name, _team in new
    ]
    User.objects.bulk_create(made)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
    )
    Authenticator.objects.bulk_create(second_factor.authenticator(user) for user in made)
    Membership.objects.bulk_create(
        Membership(user=user, organisation=teams[team], role=role)
        for user, (_key, role, _first, _full, team) in zip(made, new, strict=True)
    )
    there |= {user.email: user for user in made}
    return {key: there[email] for key, email in emails.items()}
