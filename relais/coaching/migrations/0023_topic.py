"""A message names what it is about and no longer points up at it: the column stays, its foreign key and the index of that go."""

from django.db import migrations, models

TOPIC = "what it is about, in an app above that knows it (see hooks)"


class Migration(migrations.Migration):
    dependencies = [("coaching", "0022_contact_points")]

    operations = [
        migrations.AlterField("message", "handover", models.UUIDField(null=True, db_column="handover_id")),
        migrations.RenameField("message", "handover", "topic"),
        migrations.AlterField("message", "topic", models.UUIDField(null=True, help_text=TOPIC)),
    ]
