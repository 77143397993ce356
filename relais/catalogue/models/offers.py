"""What is offered: jobs, trainings and what they certify."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.urls import reverse

from .places import Commune


class Certification(models.Model):
    """A diploma or a title of the national repertory (RNCP). `successors`: numbers that replaced it."""

    number = models.CharField(max_length=12, primary_key=True)
    title = models.CharField(max_length=400)
    level = models.PositiveSmallIntegerField(null=True)
    is_active = models.BooleanField(default=True)
    ends_on = models.DateField(null=True)
    rome = ArrayField(models.CharField(max_length=5), default=list)
    successors = ArrayField(models.CharField(max_length=12), default=list)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]

    def __str__(self):
        return f"{self.number} {self.title}"


class JobOfferQuerySet(models.QuerySet):
    def current(self):
        """Still held by its source, and not taken down by the team."""
        return self.filter(left_at=None, hidden_at=None)


class JobOffer(models.Model):
    """A job offer of an upstream. An import never deletes one: it leaves (`left_at`) once a complete slice no longer holds it.

    Places in degrees, WGS 84: the offer's own when it gives one, else the commune's, else none.
    """

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=60)
    # The part of the source that this offer was read in (« J1501 », « J1501/75 », or a file): only that part, once complete, makes it leave.
    slice = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    rome = models.CharField(max_length=5, blank=True, db_index=True)
    rome_label = models.CharField(max_length=250, blank=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=120, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    contract = models.CharField(max_length=5, blank=True)
    contract_label = models.CharField(max_length=80, blank=True)
    nature = models.CharField(max_length=5, blank=True)
    is_apprenticeship = models.BooleanField(default=False)
    # D: beginners welcome, S: wished for, E: required.
    experience = models.CharField(max_length=1, blank=True)
    working_time = models.CharField(max_length=80, blank=True)
    salary = models.CharField(max_length=250, blank=True)
    # The lowest diploma asked for (3 to 8); none when nothing is said.
    level = models.PositiveSmallIntegerField(null=True)
    no_diploma = models.BooleanField(default=False)
    positions = models.PositiveSmallIntegerField(default=1)
    employer = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    origin = models.CharField(max_length=120)
    url = models.URLField(max_length=600, blank=True)
    # When an import first read this version of it.
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)

    objects = JobOfferQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="offer_once_per_source")]
        indexes = [GinIndex(SearchVector("title", config="french"), name="offer_title_words")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("offer", args=[self.pk])


class TrainingQuerySet(models.QuerySet):
    def current(self):
        """Still held by its source."""
        return self.filter(left_at=None)


class Training(models.Model):
    """One session of a training in one place. Places as for a job offer; `level` is that of the diploma it leads to (3 to 8)."""

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    slice = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=250)
    certification = models.CharField(max_length=12, blank=True)
    level = models.PositiveSmallIntegerField(null=True)
    rome = ArrayField(models.CharField(max_length=5), default=list)
    formacode = ArrayField(models.CharField(max_length=5), default=list)
    organisation = models.CharField(max_length=200, blank=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=120, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    hours = models.PositiveIntegerField(null=True)
    duration_label = models.CharField(max_length=80, blank=True)
    is_apprenticeship = models.BooleanField(default=False)
    is_remote = models.BooleanField(default=False)
    audience = models.CharField(max_length=80, blank=True)
    url = models.URLField(max_length=600, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=120)
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)

    objects = TrainingQuerySet.as_manager()

    class Meta:
        ordering = ["title", "starts_on", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="training_once_per_source")]
        indexes = [GinIndex(SearchVector("title", config="french"), name="training_title_words")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/formations/{self.pk}"
