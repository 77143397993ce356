"""Every letter belongs to an organisation. What was written before is given its owner by the app that knows (coaching)."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("foundation", "0005_house_secret")]
    operations = [
        migrations.AddField(
            "outbound",
            "owner",
            models.UUIDField(
                null=True,
                help_text="the organisation it is of: nobody else sees it. None for a letter of the installation",
            ),
        ),
        migrations.AddIndex(
            "outbound",
            models.Index(
                fields=["owner", "created_at"], name="outbound_stuck", condition=Q(state__in=["ambiguous", "failed"])
            ),
        ),
    ]
