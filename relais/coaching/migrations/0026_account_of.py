from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """One sender may write to the accounts of several organisations, and is somebody else to each."""

    dependencies = [("coaching", "0025_channels")]

    operations = [
        migrations.AddField(
            "channeladdress",
            "account_of",
            models.UUIDField(
                null=True, help_text="the organisation to whose account they wrote; none: to that of the installation"
            ),
        ),
        migrations.RemoveConstraint("channeladdress", "channel_address_once"),
        migrations.AddConstraint(
            "channeladdress",
            models.UniqueConstraint(
                fields=["channel", "digest"], name="channel_address_once", condition=Q(receives=True, account_of=None)
            ),
        ),
        migrations.AddConstraint(
            "channeladdress",
            models.UniqueConstraint(
                fields=["channel", "digest", "account_of"], name="channel_address_once_each", condition=Q(receives=True)
            ),
        ),
    ]
