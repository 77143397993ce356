"""The agenda that somebody who works here publishes elsewhere, and the hours that it says are taken."""

from datetime import datetime
from urllib.parse import urlsplit

from django.db import models

from relais.accounts.models import User
from relais.foundation.sealed import SealedTextField


class BusyFeedQuerySet(models.QuerySet):
    def visible_to(self, user: User):
        """One's own: nobody else knows that there is one."""
        return self.filter(user=user)

    def due(self, now: datetime):
        return self.filter(next_at__lte=now)


class BusyFeed(models.Model):
    """The address at which somebody who works here publishes their own agenda, and how its last readings went."""

    class Trouble(models.TextChoices):
        AWAY = "away", "le service qui le publie n’a pas répondu"
        REFUSED = "refused", "le service qui le publie ne le donne plus à cette adresse"
        INSIDE = "inside", "cette adresse mène à l’intérieur du réseau, où Relais ne va pas"
        LARGE = "large", "il est trop gros pour être lu"
        UNKNOWN = "unknown", "ce qui est à cette adresse n’est pas un agenda entier"
        MANY = "many", "il contient trop d’événements pour être lu"
        HEAVY = "heavy", "sa lecture a pris trop de temps"

    user = models.OneToOneField(User, models.CASCADE, related_name="busy_feed")
    address = SealedTextField(help_text="a secret: whoever knows it reads the whole agenda")
    next_at = models.DateTimeField(help_text="not read again before")
    read_at = models.DateTimeField(null=True, help_text="the last whole reading: what is known is of then")
    unread = models.PositiveIntegerField(default=0, help_text="events of the last reading that could not be read")
    failed_at = models.DateTimeField(null=True, help_text="since when no reading has succeeded")
    trouble = models.CharField(max_length=8, choices=Trouble, blank=True, help_text="of the last reading")

    objects = BusyFeedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["next_at"], name="busy_feed_next")]

    @property
    def host(self) -> str:
        """All that is shown of the address."""
        return urlsplit(self.address).hostname or ""


class BusyTime(models.Model):
    """An hour at which their own agenda says that they are taken: when, and nothing of what."""

    feed = models.ForeignKey(BusyFeed, models.CASCADE, related_name="times")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [models.Index(fields=["feed", "ends_at"], name="busy_time_of_feed")]
