from django.db import migrations

from relais.foundation.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("foundation", "0001_initial")]
    operations = [
        append_only("foundation_event"),
        # Counters are worth nothing after a crash: they need not be written twice.
        migrations.RunSQL(
            "ALTER TABLE foundation_ratebucket SET UNLOGGED", reverse_sql="ALTER TABLE foundation_ratebucket SET LOGGED"
        ),
        migrations.RunSQL(
            "CREATE UNLOGGED TABLE foundation_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);"
            "CREATE INDEX foundation_cache_expires ON foundation_cache (expires);",
            reverse_sql="DROP TABLE foundation_cache",
        ),
    ]
