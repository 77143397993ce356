"""Offers that somebody reported, and who looks after the shared catalogue."""

from django.db import models

from relais.accounts.models import Organisation, Role
from relais.accounts.scope import Scoped, host_number
from relais.foundation.states import Moves

from .offers import JobOffer

MODERATORS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who looks after what was imported and what is reported."""


class Kept(Scoped):
    """What is told of the shared catalogue: for the supervisors and administrators of its owner. What came before there was a host is the host's."""

    readers = MODERATORS

    def visible_to(self, user):
        runs_site = user.organisations(*self.readers).filter(is_host=True)
        return super().visible_to(user) | self.filter(models.Exists(runs_site), organisation=None)


class OfferReportQuerySet(Kept):
    def waiting(self):
        return self.filter(state=OfferReport.State.OPEN)


class OfferReport(models.Model):
    """Somebody says that an offer should not be there."""

    class Ground(models.TextChoices):
        FILLED = "filled", "La place est déjà prise"
        SCAM = "scam", "C’est une arnaque"
        UNLAWFUL = "unlawful", "Elle est discriminatoire ou illégale"
        WRONG = "wrong", "Les informations sont fausses"
        OTHER = "other", "Autre chose"

    class State(models.TextChoices):
        OPEN = "open", "À examiner"
        KEPT = "kept", "Gardée"
        REMOVED = "removed", "Retirée"

    MOVES = Moves({State.OPEN: {State.KEPT, State.REMOVED}}, late="Une décision est déjà prise pour cette offre.")

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, default=host_number, related_name="+")
    offer = models.ForeignKey(JobOffer, models.CASCADE, related_name="reports")
    ground = models.CharField(max_length=10, choices=Ground)
    detail = models.CharField(max_length=500, blank=True)
    reported_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = OfferReportQuerySet.as_manager()

    class Meta:
        ordering = ["reported_at", "id"]
        indexes = [models.Index(fields=["reported_at"], condition=models.Q(state="open"), name="report_waiting")]

    def __str__(self):
        return f"{self.get_ground_display()} : {self.offer_id}"
