"""Jobs: the ROME, and our own sheets."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse


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
    # Both forms at once, inside a sentence: « éducateur ou éducatrice de jeunes enfants ». Never one of them for somebody who has not said.
    short_name = models.CharField(max_length=250)
    feminine = models.CharField(max_length=120, blank=True, default="")
    masculine = models.CharField(max_length=120, blank=True, default="")
    tagline = models.CharField(max_length=80)
    rome = ArrayField(models.CharField(max_length=5))
    rome_name = models.PositiveIntegerField(null=True)
    aliases = ArrayField(models.CharField(max_length=80), default=list)
    audiences = ArrayField(models.CharField(max_length=30), default=list)
    no_diploma = models.BooleanField(default=False)
    entry = models.CharField(
        max_length=120, blank=True, default="", help_text="how one gets in, when neither a diploma nor none says it"
    )
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
        return reverse("occupation", args=[self.slug])
