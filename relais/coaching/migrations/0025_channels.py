"""By which channel a person writes: the word that messages from outside have too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("coaching", "0024_handovers_gone")]

    operations = [
        migrations.RenameField("conversation", "door", "channel"),
        migrations.RenameField("message", "door", "channel"),
        migrations.RemoveConstraint("dooraddress", "door_address_once"),
        migrations.RenameModel("DoorAddress", "ChannelAddress"),
        migrations.RenameField("channeladdress", "door", "channel"),
        migrations.AddConstraint(
            "channeladdress",
            models.UniqueConstraint(
                condition=models.Q(("receives", True)), fields=("channel", "digest"), name="channel_address_once"
            ),
        ),
    ]
