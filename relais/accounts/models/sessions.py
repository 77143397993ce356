"""What the house knows of a session of somebody who works here: the device in plain words, and when it was last under somebody's eyes."""

import uuid

from django.contrib.sessions.models import Session
from django.db import models

from .people import User


class OpenSession(models.Model):
    """One device on which an account is open. No address is kept. It goes with its session: whoever signs out, or is signed out, leaves none.

    `told_at`: when the pages that were still open on it were told that it is locked; None while it is not.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The database ends both together (see the migration): between two statements of whoever signs out, a request may have written this one.
    session = models.OneToOneField(Session, models.CASCADE, related_name="+", db_constraint=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="open_sessions")
    device = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-seen_at", "id"]
        indexes = [
            models.Index(fields=["seen_at"], condition=models.Q(told_at=None), name="session_to_lock"),
        ]
