"""Why a conversation was passed on goes sealed, with the conversation."""

from django.db import migrations

from relais.foundation.sealed import SealedTextField, seal


def seal_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id, reason FROM coaching_transfer WHERE reason <> ''")
        rows = [(seal(reason), pk) for pk, reason in cursor.fetchall()]
        cursor.executemany("UPDATE coaching_transfer SET reason = %s WHERE id = %s", rows)


class Migration(migrations.Migration):
    dependencies = [("coaching", "0027_alarm_groups")]

    operations = [
        migrations.AlterField("transfer", "reason", SealedTextField("raison", blank=True)),
        migrations.RunPython(seal_all, migrations.RunPython.noop, elidable=True),
    ]
