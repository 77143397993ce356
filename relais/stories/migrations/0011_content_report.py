"""A report of unlawful content says what it is; « notice » has other meanings here. Names of events, links and rules stay."""

import django.db.models.deletion
from django.db import migrations, models

NAMES = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conname AS old FROM pg_constraint
        WHERE conrelid = 'stories_contentreport'::regclass AND conname LIKE 'stories\\_notice\\_%'
    LOOP EXECUTE format('ALTER TABLE stories_contentreport RENAME CONSTRAINT %I TO %I', one.old,
        'stories_contentreport_' || substr(one.old, 16)); END LOOP;
    FOR one IN SELECT indexname AS old FROM pg_indexes
        WHERE schemaname = current_schema() AND tablename = 'stories_contentreport' AND indexname LIKE 'stories\\_notice\\_%'
    LOOP EXECUTE format('ALTER INDEX %I RENAME TO %I', one.old, 'stories_contentreport_' || substr(one.old, 16)); END LOOP;
END $$;
"""


def reported(to: str, **options) -> models.ForeignKey:
    return models.ForeignKey(
        to=to, on_delete=django.db.models.deletion.CASCADE, related_name="content_reports", **options
    )


class Migration(migrations.Migration):
    dependencies = [("stories", "0010_files_of_their_own")]

    operations = [
        migrations.RenameModel("Notice", "ContentReport"),
        migrations.AlterField("contentreport", "story", reported("stories.story")),
        migrations.AlterField("contentreport", "question", reported("stories.question", null=True)),
        migrations.AlterField("contentreport", "answer", reported("stories.answer", null=True)),
        migrations.RunSQL(NAMES, migrations.RunSQL.noop),
    ]
