"""The trace of what people who work here read and changed."""

from django.db import models

from relais.foundation.events import AppendOnly

from .people import User


class Why(models.TextChoices):
    """Why a file is opened. A code and no words: the trace stays when what a person said, and what was said of them, is gone."""

    HELD = "held", "répondre : conversation prise en main"
    WAITS = "waits", "répondre : la personne attend"
    MENTIONED = "mentioned", "aider : une note le demande"
    READING = "reading", "lecture"
    OPEN = "open", "ouvert le même jour"
    MERGING = "merging", "réunir deux conversations"
    HANDED_OVER = "handed-over", "orientation reçue"
    OPENING = "opening", "ouverture d’un dossier de danger"
    SUPERVISION = "supervision", "Je supervise la personne qui répond"
    REPLACEMENT = "replacement", "Je remplace ou j’aide quelqu’un de l’équipe"
    REVIEW = "review", "Je relis avant un relais ou une réunion"
    REQUEST = "request", "La personne ou un partenaire l’a demandé"
    DANGER = "danger", "Quelqu’un est peut-être en danger"
    OTHER = "other", "Une autre raison, que je peux dire à qui me la demande"


SAID = (Why.SUPERVISION, Why.REPLACEMENT, Why.REVIEW, Why.REQUEST, Why.DANGER, Why.OTHER)
"""Those that whoever opens a file says by themselves, where it is not plain."""


class AccessRecord(models.Model):
    """Who read or changed what about a person, and why (`Why` for what was read). Append-only in the database, so no free text is in it."""

    at = models.DateTimeField()
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=40)
    reason = models.CharField(max_length=200, blank=True)

    objects = AppendOnly.as_manager()

    class Meta:
        db_table = "accounts_access"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject"], name="access_subject"),
            models.Index(fields=["user", "at"], name="access_user_at"),
        ]
