"""A table that somebody brings, on its way in, and how an organisation matched its columns the last time."""

import json
import uuid
import zlib
from datetime import timedelta

from django.db import models

from relais.accounts.models import Organisation, Role
from relais.accounts.scope import Scoped
from relais.foundation.sealed import SealedBytesField

IMPORTERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who may bring a table."""
TABLE = "table:"
"""How the source of what an organisation brought begins; its number follows."""
LIFE = timedelta(hours=23)
"""How long a table may be worked on. The broom looks every ten minutes (`catalogue/retention.py`): it is gone within a day."""


STRUCTURES = "structures"
BRINGERS: dict[str, tuple[str, ...]] = {STRUCTURES: IMPORTERS}
"""What a table may bring → who may bring it. What apps above bring, they add."""


class Brought(Scoped):
    def visible_to(self, user, what=STRUCTURES):
        return self.filter(what=what).of(user, *BRINGERS[what])

    def waiting(self):
        """Those that have not come in."""
        return self.filter(run=None, made=None)

    def current(self, now):
        return self.filter(brought_at__gt=now - LIFE)


class PackedField(SealedBytesField):
    """A plain value, packed and sealed; what was never written reads as an empty dictionary."""

    def get_prep_value(self, value):
        return super().get_prep_value(zlib.compress(json.dumps(value).encode(), 1) if value else b"")

    def from_db_value(self, value, expression, connection):
        packed = super().from_db_value(value, expression, connection)
        return json.loads(zlib.decompress(packed)) if packed else {}


class BroughtTable(models.Model):
    """What somebody brought: its rows until they are imported or a day is over, how its columns were matched, what a rehearsal gave."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    what = models.CharField(max_length=12, default=STRUCTURES)
    name = models.CharField(max_length=120)
    brought_at = models.DateTimeField()
    # {"headers", "rows", "lines", "told"}: see `intake.Sheet`.
    sheet = PackedField(default=dict, blank=True)
    # {"columns": {field: number of a column}} and what else the form of what it brings asks.
    matching = models.JSONField(default=dict)
    # See `rehearsing.rehearse`.
    rehearsal = PackedField(default=dict, blank=True)
    run = models.ForeignKey("catalogue.ImportRun", models.CASCADE, null=True, related_name="+")
    # How many rows came in, for what is not of the catalogue and has no run.
    made = models.PositiveIntegerField(null=True)

    objects = Brought.as_manager()

    class Meta:
        ordering = ["-brought_at", "id"]

    def __str__(self):
        return self.name

    @property
    def source(self) -> str:
        """What this organisation brings is nobody else's, and touches nothing of others."""
        return f"{TABLE if self.what == STRUCTURES else f'{self.what}:'}{self.organisation_id.hex}"


class ColumnMatch(models.Model):
    """How an organisation matched a table with these headers, proposed for the next one."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    # Digest of the headers, accents and case ignored.
    headers = models.CharField(max_length=32)
    matching = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "headers"], name="match_once_per_headers")]

    def __str__(self):
        return self.headers
