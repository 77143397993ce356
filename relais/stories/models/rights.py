"""What must be agreed, checked and taken down again."""

import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from relais.accounts.models import User
from relais.media.models import Upload


class Channel(models.TextChoices):
    """Where a story may be shown; a consent names its channels one by one."""

    SITE = "site", "Ce site"
    TIKTOK = "tiktok", "TikTok"
    INSTAGRAM = "instagram", "Instagram"
    FACEBOOK = "facebook", "Facebook"
    YOUTUBE = "youtube", "YouTube"
    PRINT = "print", "Affiches et documents"


class ConsentQuerySet(models.QuerySet):
    def valid(self, day: date):
        return self.filter(withdrawn_at=None, starts__lte=day, ends__gte=day)


class Consent(models.Model):
    """An agreement on record: who, for which channels, from when to when (both days included), with its signed proof."""

    class Kind(models.TextChoices):
        PERSON = "person", "La personne montrée"
        PARENT = "parent", "Un parent ou représentant légal"
        EMPLOYER = "employer", "L’employeur"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    story = models.ForeignKey("Story", models.CASCADE, related_name="consents")
    kind = models.CharField("qui donne son accord", max_length=8, choices=Kind)
    name = models.CharField("nom", max_length=120)
    channels = ArrayField(models.CharField(max_length=10, choices=Channel), verbose_name="pour quels canaux")
    starts = models.DateField("à partir du")
    ends = models.DateField("jusqu’au")
    proof = models.OneToOneField(Upload, models.PROTECT, verbose_name="accord signé", related_name="consent")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    withdrawal = models.CharField("raison du retrait", max_length=300, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["story", "kind", "recorded_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="consent_ends_after_it_starts")]


class ExternalCopy(models.Model):
    """An address elsewhere that shows the story. Once the story is withdrawn a person must take it down by hand."""

    story = models.ForeignKey("Story", models.CASCADE, related_name="copies")
    channel = models.CharField("canal", max_length=10, choices=Channel)
    address = models.URLField("adresse", max_length=500)
    posted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    posted_at = models.DateTimeField()
    touch = models.CharField(max_length=8, blank=True, help_text="the code that says « came from there »")
    account_of = models.UUIDField(
        null=True, help_text="the organisation below whose account it is; none: below that of the installation"
    )
    taken_down_at = models.DateTimeField(null=True)
    taken_down_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["posted_at", "id"]
        constraints = [models.UniqueConstraint(fields=["story", "address"], name="external_copy_once")]


class Proofreading(models.Model):
    """The last proofreading of a story's words. It counts only while `digest` is that of the words as they are now."""

    story = models.OneToOneField("Story", models.CASCADE, related_name="proofreading")
    digest = models.CharField(max_length=64)
    engine = models.CharField(max_length=60, blank=True)
    is_complete = models.BooleanField(help_text="false when Grammalecte was not there")
    # As given by stories.proofreading: one dictionary a mistake.
    mistakes = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        ordering = ["story"]


class Waiver(models.Model):
    """A mistake that a named person says is none, and why."""

    story = models.ForeignKey("Story", models.CASCADE, related_name="waivers")
    fingerprint = models.CharField(max_length=64)
    rule = models.CharField(max_length=60)
    found = models.CharField(max_length=200)
    sentence = models.TextField()
    reason = models.CharField("pourquoi ce n’est pas une faute", max_length=300)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["story", "fingerprint"], name="waiver_once")]
