"""A young person's path: a pseudonym, a commune if they gave it, the code that brought them. No account, no name."""

import uuid

from django.db import models

from relais.catalogue.models import Commune


class Journey(models.Model):
    """Made only when a person writes: a mere visit leaves nothing behind.

    `cookie_digest` opens it on the device it was made on, `resume_digest` on any other; only digests are kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pseudonym = models.CharField("pseudo", max_length=30)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="+")
    touch = models.CharField(max_length=8, blank=True)
    resume_digest = models.CharField(max_length=64, unique=True)
    resume_turn = models.PositiveSmallIntegerField(
        default=0, help_text="how often the code was changed: the next one is drawn from it"
    )
    created_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]


class Device(models.Model):
    """A browser that holds the journey's cookie."""

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="devices")
    cookie_digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
