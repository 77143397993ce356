"""What was erased because its time was over."""

from django.db import models


class RetentionRun(models.Model):
    """One turn of the broom: what it erased, or would have. Counts only."""

    at = models.DateTimeField()
    is_dry = models.BooleanField(default=False)
    # {kind of data: {"erased": n, "told": n, "late": n}}
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "id"]
