"""Where things are, and the places that help: communes, structures."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.urls import reverse

from relais.foundation.grammar import the


class Commune(models.Model):
    """A French commune (or a municipal arrondissement). Coordinates in degrees, WGS 84."""

    insee = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=60)
    departement = models.CharField(max_length=3)
    region = models.CharField(max_length=3)
    postcodes = ArrayField(models.CharField(max_length=5))
    population = models.PositiveIntegerField(default=0)
    latitude = models.FloatField()
    longitude = models.FloatField()
    # False when the coordinates are those of a neighbour (see scripts/build_communes.py).
    is_exact = models.BooleanField(default=True)
    # Lower case, without accents, « saint » for « st »: what a typed name is compared with.
    key = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["name", "insee"]
        indexes = [
            models.Index(fields=["key"], name="commune_key", opclasses=["text_pattern_ops"]),
            GinIndex(fields=["postcodes"], name="commune_postcodes"),
            models.Index(fields=["departement"], name="commune_departement"),
        ]

    def __str__(self):
        return f"{self.name} ({self.departement})"


class StructureQuerySet(models.QuerySet):
    def shown(self):
        """Those a young person may be sent to: neither closed nor a temporary entry of the source."""
        return self.filter(is_active=True, is_temporary=False)


class Structure(models.Model):
    """A place where people help, teach, lend or house: a mission locale, a school, an association.

    `latitude` and `longitude` (degrees, WGS 84) are set when the source gives the exact place; otherwise the commune's count.
    What staff correct (place, e-mail…) is kept in `corrections` and laid over each import, which never undoes it.
    """

    class Kind(models.TextChoices):
        MISSION_LOCALE = "mission-locale", "Mission locale"
        AGENCY = "agence", "Agence de mission locale"
        SCHOOL = "etablissement", "Établissement scolaire"
        SERVICE = "service", "Structure d’aide"
        EQUIPMENT = "materiel", "Prêt de matériel"
        HOUSING = "logement", "Logement"

    class Placement(models.TextChoices):
        EXACT = "exact", "Adresse donnée par la source"
        BY_NAME = "by-name", "Placée d’après la commune de son nom"
        BY_NUMBER = "by-number", "Lieu approximatif : la commune de son numéro"
        APPROXIMATE = "approximate", "Lieu approximatif : le chef-lieu"
        CORRECTED = "corrected", "Placée par l’équipe"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    # The file that brought it: only that file makes it leave.
    slice = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    departement = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=40, default="Europe/Paris")
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="structures")
    placement = models.CharField(max_length=12, choices=Placement)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    website = models.URLField(blank=True)
    address = models.CharField(max_length=250, blank=True)
    description = models.TextField(blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    corrections = models.JSONField(default=dict)
    is_temporary = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)

    objects = StructureQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="structure_once_per_source")]
        indexes = [models.Index(fields=["departement"], name="structure_departement")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("structure", args=[self.pk])

    @property
    def spoken(self) -> str:
        """« la mission locale de Montargis »: its name inside a sentence."""
        return the(self.name, self.commune.name if self.commune else "")

    @property
    def is_approximate(self):
        """Only the département is known."""
        return self.placement == self.Placement.APPROXIMATE

    @property
    def is_by_number(self):
        """Somewhere in or near its commune: the number under which the source keeps it begins with that commune's."""
        return self.placement == self.Placement.BY_NUMBER
