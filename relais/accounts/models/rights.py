"""How somebody gets a right, and what they may do no more: invitations, checks, stops, rights that a second person confirms."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from relais.foundation import links
from relais.foundation.two_eyes import another

from .people import Organisation, Role, User


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
            models.CheckConstraint(
                condition=Q(expires_on__gt=models.F("verified_on")), name="volunteer_check_expires_later"
            ),
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
        indexes = [
            models.Index(
                fields=["organisation", "requested_at"],
                name="right_request_waiting",
                condition=Q(confirmed_at=None, dropped_at=None),
            )
        ]
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
        return self.filter(accepted_at=None, pk__in=links.live_subjects(INVITATION, now)).annotate(
            until=links.end_of(INVITATION)
        )


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
