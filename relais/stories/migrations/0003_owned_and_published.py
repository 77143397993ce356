"""Stories that were there before states and owners: published as they were, and of the team that runs the line."""

import django.db.models.deletion
from django.db import migrations, models


def settle(apps, schema_editor):
    stories = apps.get_model("stories", "Story").objects
    if not stories.exists():
        return
    organisations = apps.get_model("accounts", "Organisation").objects
    owner = organisations.filter(kind="operator").order_by("pk").first() or organisations.order_by("pk").first()
    if owner is None:
        # Only demonstration texts can be there before any organisation; `relais demo` writes them again.
        stories.all().delete()
    stories.update(organisation=owner)
    stories.filter(published_at__isnull=False).update(state="published")


class Migration(migrations.Migration):
    dependencies = [("stories", "0002_studio"), ("accounts", "0002_append_only")]
    operations = [
        migrations.RunPython(settle, migrations.RunPython.noop),
        # PostgreSQL refuses to alter a table with pending row triggers.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            "story",
            "organisation",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="stories", to="accounts.organisation"
            ),
        ),
    ]
