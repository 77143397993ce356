"""What was written before texts were sealed is sealed now."""

from django.db import migrations

from relais.foundation.sealed import seal

COLUMNS = {"message": ("body",), "callback": ("value",), "handover": ("summary", "shared_name", "shared_contact")}


def seal_all(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for table, columns in COLUMNS.items():
            names = ", ".join(columns)
            cursor.execute(f"SELECT id, {names} FROM coaching_{table}")  # noqa: S608 -- names of our own tables
            assignments = ", ".join(f"{name} = %s" for name in columns)
            rows = [(*map(seal, values), pk) for pk, *values in cursor.fetchall()]
            cursor.executemany(f"UPDATE coaching_{table} SET {assignments} WHERE id = %s", rows)  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("coaching", "0002_desk")]
    operations = [migrations.RunPython(seal_all, elidable=True)]
