"""What was imported, and marks of the machinery: how far an import came, what the search index has not seen."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from relais.accounts.models import Organisation
from relais.accounts.scope import host_number

from ..tables.models import TABLE
from .moderation import Kept

ROWS_KEPT = timedelta(days=90)
"""How long what was set aside can be read: the time to mend it at its source."""


class ImportRun(models.Model):
    """One run of an importer, and what it did. A row set aside is kept with its reason, never dropped silently."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, default=host_number, related_name="+")
    # Who brought the table; None for a command.
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=40)
    origin = models.CharField(max_length=300)
    version = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # [{"row": "…", "reason": "…"}], for as long as the registry says: a row may quote somebody. `aside` is how many there were.
    set_aside = models.JSONField(default=list)
    aside = models.PositiveIntegerField(default=0)
    # Counts of its own that a source tells, such as how many structures were placed by name.
    notes = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    objects = Kept.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self):
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def named(self) -> str:
        """Its source as people call it."""
        return f"Tableaux de {self.organisation}" if self.source.startswith(TABLE) else self.source


class ImportSlice(models.Model):
    """One part of a source that is read in parts, finished within a run: an import that was stopped goes on after it."""

    source = models.CharField(max_length=40)
    key = models.CharField(max_length=60)
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="slices")
    finished_at = models.DateTimeField()
    # False when the source moved while it was read: what was found is written, nothing leaves.
    is_complete = models.BooleanField(default=True)

    class Meta:
        ordering = ["run", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="slice_once_per_run")]

    def __str__(self):
        return self.key


class SearchChange(models.Model):
    """Something that the search index must look at again. Written by triggers, in the transaction of the change (migration 0003).

    `xid` is the transaction's number: an index keeps the snapshot of its last look and reads what that did not see, so that a
    change committed late is never missed. Rows are forgotten after some days; an index older than that is rebuilt.
    """

    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=120, blank=True)
    xid = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.kind} {self.key}"
