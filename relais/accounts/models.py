"""People who work here: organisations, roles, invitations, and the trace of what they read."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from relais.foundation.events import AppendOnly


class Organisation(models.Model):
    """A body that takes part: it runs the line, takes people in, or pays."""

    class Kind(models.TextChoices):
        OPERATOR = "operator", "Équipe Relais"
        PARTNER = "partner", "Partenaire"
        FUNDER = "funder", "Financeur"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("nom", max_length=150)
    kind = models.CharField(max_length=10, choices=Kind)
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self):
        return self.name


class Role(models.TextChoices):
    MEDIATOR = "mediator", "Médiateur ou médiatrice"
    VOLUNTEER = "volunteer", "Bénévole"
    SUPERVISOR = "supervisor", "Responsable de l’équipe"
    CAMPAIGN_MANAGER = "campaign_manager", "Responsable de campagne"
    PARTNER = "partner", "Partenaire"
    FUNDER = "funder", "Financeur (lecture seule)"
    ADMINISTRATOR = "administrator", "Administration"


class UserQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody for an administrator; the members of their own organisations for a supervisor; nobody for others."""
        if Role.ADMINISTRATOR in user.roles():
            return self
        supervised = user.memberships.filter(role=Role.SUPERVISOR).values("organisation")
        return self.filter(memberships__organisation__in=supervised).distinct()

    def administrators(self):
        """Those who can approve others: active, approved, not of the demonstration."""
        holders = Membership.objects.filter(role=Role.ADMINISTRATOR).values("user")
        return self.filter(pk__in=holders, is_active=True, is_demo=False, approved_at__isnull=False)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Someone who works here. Inert until a second administrator approves, and until a second factor is set."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("adresse e-mail", unique=True)
    full_name = models.CharField("nom complet", max_length=120, blank=True)
    # What a young person sees: a first name, nothing more.
    display_name = models.CharField("prénom affiché", max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    invited_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=models.F("invited_by")),
                name="user_approved_by_a_second_person",
            ),
        ]

    def __str__(self):
        return self.display_name or self.email

    @property
    def is_approved(self):
        return self.approved_at is not None

    def roles(self) -> set[str]:
        """The roles this person holds, in any organisation (one query, kept for the request)."""
        if not hasattr(self, "_roles"):
            self._roles = {membership.role for membership in self.memberships.all()}
        return self._roles

    def organisation_ids(self) -> set[uuid.UUID]:
        return {membership.organisation_id for membership in self.memberships.all()}


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once")]


class VolunteerCheckQuerySet(models.QuerySet):
    def valid(self, day):
        return self.filter(verified_on__lte=day, expires_on__gt=day, revoked_at=None)


class VolunteerCheck(models.Model):
    """That a volunteer's certificate of good standing was seen and verified: its number and dates, never the document."""

    user = models.ForeignKey(User, models.CASCADE, related_name="checks")
    number = models.CharField("numéro de l’attestation", max_length=60)
    issued_on = models.DateField("délivrée le")
    verified_on = models.DateField("vérifiée le")
    expires_on = models.DateField("à refaire avant le")
    verified_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    objects = VolunteerCheckQuerySet.as_manager()

    class Meta:
        ordering = ["-expires_on", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(verified_by=models.F("user")), name="volunteer_checked_by_another"),
            models.CheckConstraint(condition=Q(expires_on__gt=models.F("verified_on")), name="volunteer_check_expires_later"),
        ]


class ReadingStop(models.Model):
    """This account read too many files (see `reading`) and does nothing more until somebody else lifts the stop."""

    user = models.ForeignKey(User, models.CASCADE, related_name="reading_stops")
    at = models.DateTimeField()
    files = models.PositiveIntegerField(help_text="how many in the hour before")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = models.CharField("raison", max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "id"]
        constraints = [models.UniqueConstraint(fields=["user"], condition=Q(lifted_at=None), name="reading_stop_once")]


class InvitationQuerySet(models.QuerySet):
    def open(self, now):
        return self.filter(accepted_at=None, expires_at__gt=now)


class Invitation(models.Model):
    """A link sent by e-mail; the database keeps only its digest."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("adresse e-mail")
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    role = models.CharField("rôle", max_length=20, choices=Role)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "id"]


class AccessRecord(models.Model):
    """Who read or changed what about a person, and why. Append-only in the database."""

    at = models.DateTimeField()
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, blank=True)

    objects = AppendOnly.as_manager()

    class Meta:
        db_table = "accounts_access"
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject"], name="access_subject"), models.Index(fields=["user", "at"], name="access_user_at")]
