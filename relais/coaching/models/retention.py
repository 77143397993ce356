"""What was erased because its time was over."""

from django.db import models


class RetentionRun(models.Model):
    """One turn of the broom: what it erased, or would have. Counts only."""

    at = models.DateTimeField()
    is_dry = models.BooleanField(default=False)
    # {"announced": n, kind of data: {"ripe": n, "erased": n, "failed": n where something could not be erased}}
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "id"]
