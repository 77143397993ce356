"""What a place offers: communes, names of jobs (ROME), occupation sheets, structures that help."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


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


class ImportRun(models.Model):
    """One run of an importer, and what it did. A row set aside is kept with its reason, never dropped silently."""

    source = models.CharField(max_length=40)
    origin = models.CharField(max_length=300)
    version = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # [{"row": "…", "reason": "…"}]
    set_aside = models.JSONField(default=list)
    # Counts of its own that a source tells, such as how many structures were placed by name.
    notes = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self):
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"


class RomeCode(models.Model):
    """A job family of the ROME. Codes are never deleted: they become inactive."""

    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=250)
    parent = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return f"{self.code} {self.name}"


class RomeName(models.Model):
    """A name of a job (appellation), keyed by its OGR number, which stays when codes move."""

    ogr = models.PositiveIntegerField(primary_key=True)
    rome = models.ForeignKey(RomeCode, models.PROTECT, related_name="names")
    name = models.CharField(max_length=250)
    short_name = models.CharField(max_length=250)
    is_main = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["name", "ogr"]

    def __str__(self):
        return self.name


class RomeMobility(models.Model):
    """From one job family to another, as the ROME ranks them: 1 is the closest."""

    # « K1207>K1208 », so that an import finds the row again.
    key = models.CharField(max_length=11, primary_key=True)
    code = models.ForeignKey(RomeCode, models.CASCADE, related_name="mobilities")
    target = models.ForeignKey(RomeCode, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["code", "rank", "target"]

    def __str__(self):
        return self.key


class OccupationQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


class Occupation(models.Model):
    """An occupation sheet, read from a content file (content/occupations/<slug>.md)."""

    slug = models.SlugField(max_length=110, primary_key=True)
    name = models.CharField(max_length=160)
    short_name = models.CharField(max_length=120)
    tagline = models.CharField(max_length=80)
    rome = ArrayField(models.CharField(max_length=5))
    rome_name = models.PositiveIntegerField(null=True)
    aliases = ArrayField(models.CharField(max_length=80), default=list)
    audiences = ArrayField(models.CharField(max_length=30), default=list)
    no_diploma = models.BooleanField(default=False)
    level = models.PositiveSmallIntegerField(null=True)
    diplomas = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    checked = models.DateField()
    # Sections in reading order: [{"slug", "title", "html", "text"}].
    sections = models.JSONField(default=list)
    key = models.TextField(help_text="names and aliases, folded, for the short look-up")
    is_active = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    objects = OccupationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"/metiers/{self.slug}"


class StructureQuerySet(models.QuerySet):
    def shown(self):
        """Those a young person may be sent to: neither closed nor a temporary entry of the source."""
        return self.filter(is_active=True, is_temporary=False)


class Structure(models.Model):
    """A place where people help: a mission locale or one of its agencies.

    What staff correct (place, e-mail…) is kept in `corrections` and laid over each import, which never undoes it.
    """

    class Kind(models.TextChoices):
        MISSION_LOCALE = "mission-locale", "Mission locale"
        AGENCY = "agence", "Agence de mission locale"

    class Placement(models.TextChoices):
        BY_NAME = "by-name", "Placée d'après la commune de son nom"
        APPROXIMATE = "approximate", "Lieu approximatif"
        CORRECTED = "corrected", "Placée par l'équipe"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    departement = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=40, default="Europe/Paris")
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="structures")
    placement = models.CharField(max_length=12, choices=Placement)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    website = models.URLField(blank=True)
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

    @property
    def is_approximate(self):
        return self.placement == self.Placement.APPROXIMATE
