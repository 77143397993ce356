"""Organisations, the people who work in them, and the roles they hold there."""

import uuid

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from relais.foundation.two_eyes import another


class Organisation(models.Model):
    """A body that takes part: it runs the line, takes people in, or pays."""

    class Kind(models.TextChoices):
        OPERATOR = "operator", "Équipe Relais"
        PARTNER = "partner", "Partenaire"
        FUNDER = "funder", "Financeur"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("nom", max_length=150)
    kind = models.CharField(max_length=10, choices=Kind)
    is_host = models.BooleanField(
        default=False, help_text="runs this installation: its administrators look after every organisation"
    )
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["is_host"], condition=Q(is_host=True), name="organisation_one_host")
        ]

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
    def working(self):
        """Active and approved: nobody else has a right, or gets a letter about somebody."""
        return self.filter(is_active=True, approved_at__isnull=False)

    def members_of(self, organisations):
        return self.filter(pk__in=Membership.objects.filter(organisation__in=organisations).order_by().values("user"))

    def visible_to(self, user):
        """The members of the organisations that `user` administers or supervises; everybody, for who administers them all."""
        return (
            self if user.administers_all() else self.members_of(user.organisations(Role.ADMINISTRATOR, Role.SUPERVISOR))
        )

    def administered_by(self, user):
        """The members of the organisations that `user` administers."""
        return self if user.administers_all() else self.members_of(user.organisations(Role.ADMINISTRATOR))

    def administrators(self):
        """Those who look after the whole site, and can approve others: working, in its host, not of the demonstration."""
        holders = (
            Membership.objects.filter(role=Role.ADMINISTRATOR, organisation__is_host=True).order_by().values("user")
        )
        return self.working().filter(pk__in=holders, is_demo=False)


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
            another("approved_by", "invited_by", name="user_approved_by_a_second_person"),
        ]

    def __str__(self):
        return self.display_name or self.email

    @property
    def named(self) -> str:
        """For colleagues: who it is without a doubt."""
        return (
            f"{self.full_name or self.display_name} ({self.email})"
            if self.full_name or self.display_name
            else self.email
        )

    @property
    def is_approved(self):
        return self.approved_at is not None

    @property
    def is_working(self):
        return self.is_active and self.is_approved

    def _held(self) -> set[tuple[uuid.UUID, str, bool]]:
        """(organisation, role, whether that one runs the site): one query, kept for the request."""
        if not hasattr(self, "_memberships"):
            self._memberships = set(
                self.memberships.order_by().values_list("organisation", "role", "organisation__is_host")
            )
        return self._memberships

    def roles(self) -> set[str]:
        """The roles this person holds somewhere: for what is the same everywhere, such as which pages exist (see scope.py)."""
        return {role for _, role, _ in self._held()}

    def roles_in(self, organisation) -> set[str]:
        """The roles they hold in this organisation (or its number); none while their account is closed or not approved."""
        where = getattr(organisation, "pk", organisation)
        return {role for place, role, _ in self._held() if place == where} if self.is_working else set()

    def has(self, role: str, organisation) -> bool:
        """Whether they hold this role in this organisation (or its number)."""
        return role in self.roles_in(organisation)

    def organisations(self, *roles: str) -> models.QuerySet[Organisation]:
        """Where they hold one of these roles. Asked of the database anew each time; only the question is kept, which each page puts thirty times."""
        asked = self.__dict__.setdefault("_organisations", {})
        if (key := (roles, self.is_working)) not in asked:
            held = self.memberships.filter(role__in=roles) if self.is_working else Membership.objects.none()
            asked[key] = Organisation.objects.filter(pk__in=held.order_by().values("organisation"))
        return asked[key].all()

    def administers_all(self) -> bool:
        """Whether they administer the organisation that runs the site, and so look after every other one."""
        return self.is_working and any(is_host and role == Role.ADMINISTRATOR for _, role, is_host in self._held())

    def administered(self) -> models.QuerySet[Organisation]:
        """The organisations whose members they look after: their own; every one for an administrator of the host."""
        return Organisation.objects.all() if self.administers_all() else self.organisations(Role.ADMINISTRATOR)


class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "organisation", "role"], name="membership_once")]
