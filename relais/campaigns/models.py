"""Touches: one short code per video version, poster site, ambassador or class visited."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from relais.accounts.models import Organisation, Role
from relais.accounts.scope import Scoped
from relais.foundation.codes import ALPHABET, TOUCH_LENGTH
from relais.stories.models import Story


class TouchQuerySet(Scoped):
    """Campaign managers, and funders of the same organisation, see the touches of their organisation."""

    readers = (Role.CAMPAIGN_MANAGER, Role.FUNDER)

    def counted_for(self, user):
        """The figures of a touch are also for those who run the team: supervisors and administrators of its organisation."""
        return self.of(user, *self.readers, Role.SUPERVISOR, Role.ADMINISTRATOR)


class Touch(models.Model):
    """Where someone met the campaign. It carries no personal data and survives every later step."""

    class Kind(models.TextChoices):
        VIDEO = "video", "Vidéo"
        POSTER = "poster", "Affiche"
        AMBASSADOR = "ambassador", "Ambassadeur ou ambassadrice"
        CLASS = "class", "Classe visitée"
        SHARE = "share", "Partage"
        OTHER = "other", "Autre"

    code = models.CharField(
        max_length=TOUCH_LENGTH, primary_key=True, validators=[RegexValidator(rf"^[{ALPHABET}]{{{TOUCH_LENGTH}}}\Z")]
    )
    kind = models.CharField("sorte", max_length=12, choices=Kind)
    label = models.CharField("nom", max_length=120)
    story = models.ForeignKey(
        Story, models.PROTECT, null=True, blank=True, related_name="touches", verbose_name="témoignage"
    )
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="touches")
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    objects = TouchQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["story"],
                condition=models.Q(kind="share"),
                name="touch_one_share_a_story",
                violation_error_message="Ce témoignage a déjà son lien de partage.",
            ),
        ]

    def __str__(self):
        return f"{self.label} ({self.code})"

    def target(self) -> str:
        """Where a person who follows this touch arrives: its testimony when it is published, else the home page."""
        if self.story and self.story.is_published(timezone.now()):
            return self.story.get_absolute_url()
        return "/"
