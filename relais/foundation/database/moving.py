"""Tables that go from one app to another: the same rows under a new name, nothing copied. For the `database_operations` of a migration.

What PostgreSQL had named after the old tables (keys, constraints, indexes, sequences) takes the new name with them, and so do content types.
"""

from django.db import migrations

HEAD = 8
"""Signs of a table's name that are left in that of a foreign key, where Django shortens it."""
_RENAME = """
DO $$
DECLARE one record; fresh text;
BEGIN
    FOR one IN SELECT conname AS name FROM pg_constraint
        WHERE conrelid = '{old}_{model}'::regclass AND starts_with(conname, '{old}_{head}') LOOP
        EXECUTE format('ALTER TABLE {old}_{model} RENAME CONSTRAINT %I TO %I', one.name, '{new}' || substr(one.name, length('{old}') + 1));
    END LOOP;
    FOR one IN SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE i.indrelid = '{old}_{model}'::regclass AND starts_with(c.relname, '{old}_{head}') LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', one.name, '{new}' || substr(one.name, length('{old}') + 1));
    END LOOP;
    fresh := pg_get_serial_sequence('{old}_{model}', 'id');
    IF fresh IS NOT NULL THEN EXECUTE format('ALTER SEQUENCE %s RENAME TO {new}_{model}_id_seq', fresh); END IF;
    ALTER TABLE {old}_{model} RENAME TO {new}_{model};
END $$;
"""
_TYPES = "UPDATE django_content_type SET app_label = '{new}' WHERE app_label = '{old}' AND model IN ({models})"


def moved(old: str, new: str, *models: str) -> list[migrations.RunSQL]:
    """The tables of these models (in small letters) go from the app `old` to the app `new`."""
    listed = ", ".join(f"'{model}'" for model in models)
    return [
        *(_both(_RENAME, old, new, model=model, head=model[:HEAD]) for model in models),
        _both(_TYPES, old, new, models=listed),
    ]


def _both(sql: str, old: str, new: str, **names: str) -> migrations.RunSQL:
    return migrations.RunSQL(sql.format(old=old, new=new, **names), sql.format(old=new, new=old, **names))
