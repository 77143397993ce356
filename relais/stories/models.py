"""Testimonies: who is shown, which job, in their own words."""

from django.db import models
from django.utils import timezone

from relais.catalogue.models import Occupation


class StoryQuerySet(models.QuerySet):
    def published(self, now=None):
        return self.filter(published_at__lte=now or timezone.now())


class Story(models.Model):
    """A testimony told in a few full-screen lines. `person` is a first name, or empty when anonymous."""

    slug = models.SlugField(max_length=80, primary_key=True)
    title = models.CharField("titre", max_length=120)
    person = models.CharField("personne montrée", max_length=40, blank=True)
    employer = models.CharField("employeur", max_length=120, blank=True)
    place = models.CharField("lieu", max_length=80, blank=True)
    occupation = models.ForeignKey(Occupation, models.PROTECT, related_name="stories")
    # [{"text": "…"}]: one idea a screen.
    lines = models.JSONField(default=list)
    is_demo = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True)

    objects = StoryQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "slug"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/temoignages/{self.slug}"
