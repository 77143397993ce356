"""Letters that wait are sealed, and know which conversation they tell of. What was sent keeps nothing."""

import json

from django.db import migrations, models

from relais.foundation.sealed import SealedJSONField, seal


def seal_waiting(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, plain FROM foundation_outbound WHERE state <> 'sent'")
        for pk, plain in cursor.fetchall():
            cursor.execute(
                "UPDATE foundation_outbound SET payload = %s WHERE id = %s", [seal(json.dumps(json.loads(plain))), pk]
            )


class Migration(migrations.Migration):
    dependencies = [("foundation", "0002_append_only")]
    operations = [
        migrations.RenameField("outbound", "payload", "plain"),
        migrations.AddField("outbound", "payload", SealedJSONField(default=dict)),
        migrations.AddField(
            "outbound",
            "about",
            models.UUIDField(null=True, help_text="the conversation it belongs to: erased together"),
        ),
        migrations.RunPython(seal_waiting, elidable=True),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.RemoveField("outbound", "plain"),
        migrations.AddIndex("outbound", models.Index(fields=["about"], name="outbound_about")),
    ]
