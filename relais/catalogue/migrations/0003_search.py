import django.db.models.functions.datetime
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

# Table: (kind told to the index, column that names the row; none when the whole kind must be read again).
WATCHED = {
    "catalogue_joboffer": ("offer", "id"),
    "catalogue_training": ("training", "id"),
    "catalogue_structure": ("structure", "id"),
    "catalogue_occupation": ("occupation", None),
    "catalogue_romename": ("occupation", None),
    "catalogue_romecode": ("occupation", None),
    "catalogue_commune": ("place", None),
}
FUNCTION = """
CREATE FUNCTION catalogue_search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_NARGS = 1 THEN
        INSERT INTO catalogue_searchchange (kind, key, xid)
        SELECT TG_ARGV[0], '', pg_current_xact_id()::text::bigint WHERE EXISTS (SELECT FROM changed);
    ELSE
        EXECUTE format('INSERT INTO catalogue_searchchange (kind, key, xid) SELECT $1, %I::text, pg_current_xact_id()::text::bigint FROM changed',
                       TG_ARGV[1]) USING TG_ARGV[0];
    END IF;
    PERFORM pg_notify('relais_worker', 'search');
    RETURN NULL;
END $$;
"""


def _triggers():
    for table, (kind, column) in WATCHED.items():
        arguments = f"'{kind}', '{column}'" if column else f"'{kind}'"
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            yield migrations.RunSQL(
                f"CREATE TRIGGER {table}_search_{event.lower()} AFTER {event} ON {table} REFERENCING {rows} TABLE AS changed "
                f"FOR EACH STATEMENT EXECUTE FUNCTION catalogue_search_changed({arguments})",
                reverse_sql=f"DROP TRIGGER {table}_search_{event.lower()} ON {table}",
            )


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_national_scale")]

    operations = [
        migrations.CreateModel(
            name="SearchChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("key", models.CharField(blank=True, max_length=120)),
                ("xid", models.BigIntegerField(db_index=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"ordering": ["id"]},
        ),
        # What answers while a node has no index.
        migrations.AddIndex("joboffer", GinIndex(SearchVector("title", config="french"), name="offer_title_words")),
        migrations.AddIndex("training", GinIndex(SearchVector("title", config="french"), name="training_title_words")),
        migrations.RunSQL(FUNCTION, reverse_sql="DROP FUNCTION catalogue_search_changed()"),
        *_triggers(),
    ]
