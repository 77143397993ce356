"""A comment below a copy of a story is a question that came from a network."""

import uuid

from django.db import models

from relais.accounts.models import User

from .questions import Question
from .rights import Channel, ExternalCopy


class Comment(models.Model):
    """Where a question was written, and what answering there needs. Who wrote it is not kept."""

    question = models.OneToOneField(Question, models.CASCADE, primary_key=True)
    copy = models.ForeignKey(ExternalCopy, models.PROTECT, related_name="comments")
    owner = models.UUIDField(help_text="the organisation whose story it was written below: two may name one account")
    network = models.CharField(max_length=10, choices=Channel)
    account = models.CharField(max_length=100)
    number = models.CharField(max_length=200, help_text="what the network calls this comment")
    reply_to = models.CharField(max_length=200, help_text="the comment that a reply goes below: itself, or its parent")
    shortened = models.BooleanField(default=False)
    # Looked for over there, and not found: gone once that is still so an hour later.
    checked_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["question"]
        constraints = [models.UniqueConstraint(fields=["owner", "network", "account", "number"], name="comment_once")]


class CommentReply(models.Model):
    """What the team publishes below a comment, on the network. Whether it has left is told by its row of the outbox."""

    class Kind(models.TextChoices):
        ANSWER = "answer", "Réponse"
        INVITATION = "invitation", "Invitation à en parler en privé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    question = models.ForeignKey(Question, models.CASCADE, related_name="replies")
    kind = models.CharField(max_length=10, choices=Kind)
    body = models.TextField()
    key = models.UUIDField(unique=True, help_text="of its form: sent twice, it is one reply")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]
