"""Why a partner gave a request back is about a person: it goes sealed."""

from django.db import migrations

from relais.foundation.sealed import SealedTextField, seal


def seal_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, refusal FROM handovers_handover WHERE refusal <> ''")
        rows = [(seal(refusal), pk) for pk, refusal in cursor.fetchall()]
        cursor.executemany("UPDATE handovers_handover SET refusal = %s WHERE id = %s", rows)


class Migration(migrations.Migration):
    dependencies = [("handovers", "0001_moved")]

    operations = [
        migrations.AlterField("handover", "refusal", SealedTextField("raison du refus", blank=True)),
        migrations.RunPython(seal_all, migrations.RunPython.noop, elidable=True),
    ]
