"""Where an organisation sees people: its places, their rooms, and the server of its video calls."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models

from relais.accounts.models import Organisation, Role
from relais.accounts.scope import Scoped
from relais.foundation.hours import DAYS
from relais.foundation.sealed import SealedTextField


class MeetingPlaceQuerySet(Scoped):
    """Seen by those who look after the organisation; proposed by whoever answers there."""

    readers = (Role.SUPERVISOR, Role.ADMINISTRATOR)

    def proposed_by(self, organisation):
        return self.filter(organisation=organisation, is_closed=False)


class MeetingPlace(models.Model):
    """Where an organisation sees people: its antennas, and the places where it comes on some days."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    name = models.CharField("nom", max_length=60)
    address = models.CharField("adresse", max_length=90)
    commune = models.CharField("commune", max_length=45)
    access = models.CharField("comment y venir", max_length=300, blank=True)
    days = ArrayField(models.PositiveSmallIntegerField(), verbose_name="jours d’ouverture", help_text="0 is Monday")
    is_closed = models.BooleanField("n’est plus proposé", default=False)

    objects = MeetingPlaceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="meeting_place_once")]

    def __str__(self):
        return self.name

    @property
    def words(self) -> str:
        """As it stands in an appointment, and stays there whatever is changed here afterwards."""
        return f"{self.name}, {self.address}, {self.commune}"

    @property
    def open_days(self) -> str:
        """« le lundi et le jeudi »."""
        if len(self.days) == len(DAYS):
            return "tous les jours"
        named = [f"le {DAYS[day]}" for day in sorted(self.days)]
        return " et ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)

    def opens_on(self, day: date) -> bool:
        return not self.is_closed and day.weekday() in self.days


class Room(models.Model):
    """A room of a place, for one appointment at a time."""

    place = models.ForeignKey(MeetingPlace, models.CASCADE, related_name="rooms")
    name = models.CharField("nom", max_length=40)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["place", "name"], name="room_once")]


class VideoPattern(models.Model):
    """Where the rooms of an organisation are for those who meet by video, and how their addresses are made."""

    class Kind(models.TextChoices):
        JITSI = "jitsi", "Jitsi"
        VISIO = "visio", "Visio (numérique.gouv.fr)"
        BBB = "bbb", "BigBlueButton"

    organisation = models.OneToOneField(Organisation, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=5, choices=Kind)
    address = models.CharField(max_length=200, help_text="https, of the server; of its API for BigBlueButton")
    secret = SealedTextField(blank=True, help_text="that calls of BigBlueButton are signed with")

    class Meta:
        ordering = ["id"]
