"""Questions under a story: read by a human before anybody else reads them."""

import uuid

from django.db import models
from django.db.models import Q

from relais.accounts.models import Role, User
from relais.accounts.scope import Scoped
from relais.foundation.events import AppendOnly
from relais.foundation.states import Moves

QUESTION, NOTICE, ANSWER = "stories.question", "stories.notice", "stories.answer"
"""Purposes of links: who asked, and who reported, follow it (to its `key`); the person shown answers a question (to its number)."""
MODERATORS = (Role.CAMPAIGN_MANAGER, Role.MEDIATOR, Role.SUPERVISOR)


class QuestionQuerySet(Scoped):
    path, readers = "story__organisation", MODERATORS

    def waiting(self):
        return self.filter(state=Question.State.WAITING)

    def shown(self):
        return self.filter(state=Question.State.SHOWN)


class Question(models.Model):
    """`body` is what was written and only moderators read it; `shown_body` is what they let appear.

    The asker has no account: a link of the purpose QUESTION, to its `key`, tells them what became of it.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Attend d’être lue"
        SHOWN = "shown", "Publiée"
        REFUSED = "refused", "Non publiée"
        PRIVATE = "private", "Passée en privé"
        ANSWERED = "answered", "Répondue sur le réseau"
        REMOVED = "removed", "Retirée"

    MOVES = Moves(
        {
            State.WAITING: {State.SHOWN, State.REFUSED, State.PRIVATE, State.ANSWERED},
            State.ANSWERED: {State.SHOWN, State.REFUSED},
            State.SHOWN: {State.REMOVED, State.PRIVATE},
            State.REFUSED: {State.SHOWN, State.PRIVATE},
            State.REMOVED: {State.SHOWN},
        },
        late="Cette question est maintenant dans l’état « {state} »{row.decided_with} : rien n’a changé.",
        end=State.REMOVED,
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    story = models.ForeignKey("Story", models.CASCADE, related_name="questions")
    key = models.UUIDField(unique=True, help_text="of its form: sent twice, it is one question")
    pseudonym = models.CharField("pseudo", max_length=30)
    body = models.TextField("question")
    shown_body = models.TextField(blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    is_alarming = models.BooleanField(
        default=False, help_text="signs of danger: first in the queue, and never shown as it is"
    )
    touch = models.CharField(max_length=8, blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="until when a human promises to have read it, in working hours")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    refusal = models.CharField("raison donnée", max_length=300, blank=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        indexes = [
            models.Index(fields=["due_at"], name="question_queue", condition=Q(state="waiting")),
            models.Index(fields=["story", "asked_at"], name="question_shown", condition=Q(state="shown")),
        ]

    @property
    def is_comment(self) -> bool:
        """Whether it was written on a network."""
        return hasattr(self, "comment")

    @property
    def decided_with(self) -> str:
        """« par Camille », for whoever comes too late."""
        return f" par {self.decided_by}" if self.decided_by else ""

    def moves(self) -> set[str]:
        """Where it may go from here. Nobody holds the receipt of a comment, and nobody answers elsewhere what was asked here."""
        return self.MOVES.get(self.state, set()) - {self.State.PRIVATE if self.is_comment else self.State.ANSWERED}


class AnswerQuerySet(models.QuerySet):
    def shown(self):
        return self.filter(state=Answer.State.SHOWN)


class Answer(models.Model):
    """A public answer: by somebody of the team (`author`), or by the person shown, then read first like a question."""

    class State(models.TextChoices):
        WAITING = "waiting", "Attend d’être lue"
        SHOWN = "shown", "Publiée"
        REMOVED = "removed", "Retirée"

    MOVES = Moves(
        {
            State.WAITING: {State.SHOWN, State.REMOVED},
            State.SHOWN: {State.REMOVED},
            State.REMOVED: {State.SHOWN},
        },
        late="Cette réponse est maintenant dans l’état « {state} » : rien n’a changé.",
        end=State.REMOVED,
    )

    question = models.ForeignKey(Question, models.CASCADE, related_name="answers")
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    signature = models.CharField(max_length=60)
    body = models.TextField("réponse")
    state = models.CharField(max_length=8, choices=State, default=State.SHOWN)
    key = models.UUIDField(unique=True)
    at = models.DateTimeField()

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]


class ContentReportQuerySet(Scoped):
    path, readers = "story__organisation", MODERATORS

    def waiting(self):
        return self.filter(decision="")


class ContentReport(models.Model):
    """Somebody says that a text is unlawful: acknowledged at once, decided by a human, with reasons (DSA, articles 16 and 17)."""

    class Ground(models.TextChoices):
        PRIVACY = "privacy", "Il montre la vie privée de quelqu’un"
        IMAGE = "image", "C’est mon image, sans mon accord"
        HATE = "hate", "Haine ou discrimination"
        HARASSMENT = "harassment", "Harcèlement ou menaces"
        MINOR = "minor", "Danger pour un mineur"
        FALSE = "false", "C’est faux ou trompeur"
        OTHER = "other", "Autre chose d’illégal"

    class Decision(models.TextChoices):
        KEPT = "kept", "Le texte reste"
        EDITED = "edited", "Le texte est modifié"
        REMOVED = "removed", "Le texte est retiré"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    story = models.ForeignKey("Story", models.CASCADE, related_name="content_reports")
    question = models.ForeignKey(Question, models.CASCADE, null=True, related_name="content_reports")
    answer = models.ForeignKey(Answer, models.CASCADE, null=True, related_name="content_reports")
    key = models.UUIDField(unique=True)
    ground = models.CharField("raison", max_length=10, choices=Ground)
    details = models.TextField("précisions", max_length=2000, blank=True)
    email = models.EmailField("adresse e-mail, si tu veux la réponse", blank=True)
    received_at = models.DateTimeField()
    decision = models.CharField("décision", max_length=8, choices=Decision, blank=True)
    reasons = models.TextField("motifs", max_length=1000, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    objects = ContentReportQuerySet.as_manager()

    class Meta:
        ordering = ["received_at", "id"]


class ModerationTrace(models.Model):
    """What was done to a text, by whom, why, and how it read before. Only grows."""

    story = models.ForeignKey("Story", models.CASCADE, related_name="traces")
    question = models.ForeignKey(Question, models.CASCADE, null=True, related_name="traces")
    answer = models.ForeignKey(Answer, models.CASCADE, null=True, related_name="traces")
    action = models.CharField(max_length=20)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    objects = AppendOnly.as_manager()

    class Meta:
        ordering = ["at", "id"]
