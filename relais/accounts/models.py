"""People who work here: organisations, roles, invitations, and the trace of what they read."""

import uuid
from datetime import timedelta

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from relais.foundation import links
from relais.foundation.events import AppendOnly
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
    is_host = models.BooleanField(default=False, help_text="runs this installation: its administrators look after every organisation")
    is_demo = models.BooleanField(default=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["is_host"], condition=Q(is_host=True), name="organisation_one_host")]

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
        return self if user.administers_all() else self.members_of(user.organisations(Role.ADMINISTRATOR, Role.SUPERVISOR))

    def administered_by(self, user):
        """The members of the organisations that `user` administers."""
        return self if user.administers_all() else self.members_of(user.organisations(Role.ADMINISTRATOR))

    def administrators(self):
        """Those who look after the whole site, and can approve others: working, in its host, not of the demonstration."""
        holders = Membership.objects.filter(role=Role.ADMINISTRATOR, organisation__is_host=True).order_by().values("user")
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
        return f"{self.full_name or self.display_name} ({self.email})" if self.full_name or self.display_name else self.email

    @property
    def is_approved(self):
        return self.approved_at is not None

    @property
    def is_working(self):
        return self.is_active and self.is_approved

    def _held(self) -> set[tuple[uuid.UUID, str, bool]]:
        """(organisation, role, whether that one runs the site): one query, kept for the request."""
        if not hasattr(self, "_memberships"):
            self._memberships = set(self.memberships.order_by().values_list("organisation", "role", "organisation__is_host"))
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
        """Where they hold one of these roles."""
        held = self.memberships.filter(role__in=roles) if self.is_working else Membership.objects.none()
        return Organisation.objects.filter(pk__in=held.order_by().values("organisation"))

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
            another("verified_by", "user", name="volunteer_checked_by_another"),
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


class RightRequestQuerySet(models.QuerySet):
    def waiting(self, now):
        return self.filter(confirmed_at=None, dropped_at=None, requested_at__gt=now - RightRequest.LIFE)


class RightRequest(models.Model):
    """Somebody asks that a right be added to somebody else; it is there once another administrator of `organisation` confirms."""

    LIFE = timedelta(days=7)
    """After that it is asked again: nobody confirms what everybody has forgotten."""

    class Kind(models.TextChoices):
        ROLES = "roles", "Ajouter des rôles"
        REOPEN = "reopen", "Rouvrir un compte"
        LIFT = "lift", "Remettre un compte en route"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    user = models.ForeignKey(User, models.CASCADE, related_name="right_requests")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    roles = ArrayField(models.CharField(max_length=20, choices=Role), default=list, blank=True)
    stop = models.ForeignKey(ReadingStop, models.CASCADE, null=True, related_name="requests")
    reason = models.CharField("raison", max_length=200, blank=True)
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    dropped_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    dropped_at = models.DateTimeField(null=True)

    objects = RightRequestQuerySet.as_manager()

    class Meta:
        ordering = ["requested_at", "id"]
        indexes = [models.Index(fields=["organisation", "requested_at"], name="right_request_waiting", condition=Q(confirmed_at=None, dropped_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False, dropped_at=None),
                name="right_confirmed_whole",
            ),
            another("confirmed_by", "requested_by", name="right_confirmed_by_a_second_person"),
            another("requested_by", "user", name="right_not_asked_for_oneself"),
            another("confirmed_by", "user", name="right_not_confirmed_for_oneself"),
        ]

    def is_waiting(self, now) -> bool:
        return self.confirmed_at is None and self.dropped_at is None and self.requested_at > now - self.LIFE

    def words(self) -> str:
        """What is asked, after « … demande : »."""
        if self.kind == self.Kind.ROLES:
            roles = ", ".join(Role(role).label.lower() for role in self.roles)
            return f"ajouter à {self.user.named}, dans {self.organisation} : {roles}"
        if self.kind == self.Kind.REOPEN:
            return f"rouvrir le compte de {self.user.named}, avec les rôles qu’il avait"
        return f"laisser de nouveau lire {self.user.named}, dont le compte est arrêté ; vérifié : {self.reason}"


INVITATION = "accounts.invitation"
"""The purpose of its link."""


class InvitationQuerySet(models.QuerySet):
    def open(self, now):
        """Those whose link still makes an account, with when it ends (`until`)."""
        return self.filter(accepted_at=None, pk__in=links.live_subjects(INVITATION, now)).annotate(until=links.end_of(INVITATION))


class Invitation(models.Model):
    """Somebody is asked to join, by a link in a letter (see `links`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("adresse e-mail")
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    role = models.CharField("rôle", max_length=20, choices=Role)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField()
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


class SiteQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the organisations that `user` administers; all of them, for an administrator of the host."""
        return self.filter(organisation__in=user.administered())


class Site(models.Model):
    """A host name to which the installation answers, with what its pages and letters say there. No row: the installation, unnamed."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="sites")
    host = models.CharField("nom d’hôte", max_length=253, unique=True)
    is_default = models.BooleanField(default=False, help_text="shown, and named in letters, where nothing says which site")
    name = models.CharField("nom du site", max_length=40, default="Relais")
    tagline = models.CharField("phrase courte", max_length=120, blank=True)
    # Two colours or none: see foundation/colours.py for what they change.
    signal = models.CharField("couleur vive", max_length=7, blank=True)
    deep = models.CharField("couleur profonde", max_length=7, blank=True)
    logo = models.BinaryField(null=True, help_text="WebP, drawn again")
    logo_version = models.CharField(max_length=16, blank=True)
    sender_name = models.CharField("nom de l’expéditeur", max_length=60, blank=True)
    reply_address = models.EmailField("adresse pour les réponses", blank=True)
    publisher = models.CharField("éditeur", max_length=200, blank=True)
    address = models.CharField("adresse", max_length=300, blank=True)
    phone = models.CharField("téléphone", max_length=40, blank=True)
    email = models.EmailField("e-mail de contact", blank=True)
    publication_director = models.CharField("directeur ou directrice de la publication", max_length=150, blank=True)
    hosting = models.CharField("hébergeur", max_length=300, blank=True)
    data_contact = models.CharField("délégué à la protection des données", max_length=200, blank=True)
    accessibility_contact = models.CharField("contact pour l’accessibilité", max_length=200, blank=True)
    mail_provider = models.CharField("entreprise qui fait partir les e-mails", max_length=200, blank=True)
    sms_provider = models.CharField("entreprise qui fait partir les SMS", max_length=200, blank=True)
    code_address = models.URLField("adresse du code source", max_length=300, blank=True)
    closed = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name="parties fermées", help_text="names of `sites.modules`")
    legal_notice = models.TextField("autres mentions légales", max_length=8000, blank=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ["-is_default", "host"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="site_one_default"),
            models.CheckConstraint(condition=Q(host=Lower("host")) & ~Q(host=""), name="site_host_is_lower_case"),
            models.CheckConstraint(
                condition=Q(signal="", deep="") | (~Q(signal="") & ~Q(deep="")), name="site_two_colours_or_none",
                violation_error_message="Donnez les deux couleurs, ou aucune.",
            ),
        ]

    def __str__(self):
        return self.host or self.name

    def opens(self, module: str) -> bool:
        """Whether this part of the pages exists here (see `foundation.sites.module`)."""
        return module not in self.closed

    @property
    def look(self) -> str:
        """What stands for its colours in the address of its styles; '' while it has those of the house."""
        return f"{self.signal}-{self.deep}".replace("#", "") if self.signal else ""
