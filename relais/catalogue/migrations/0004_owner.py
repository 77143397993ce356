"""What is told of the catalogue belongs to the organisation that runs the site, until somebody else imports."""

import django.db.models.deletion
from django.db import migrations, models

import relais.accounts.scope


def give_to_host(apps, schema_editor):
    host = apps.get_model("accounts", "Organisation").objects.filter(is_host=True).first()
    if host:
        for name in ("ImportRun", "OfferReport"):
            apps.get_model("catalogue", name).objects.update(organisation=host)


def owner(**default):
    return models.ForeignKey(
        "accounts.Organisation", django.db.models.deletion.PROTECT, null=True, related_name="+", **default
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_host"), ("catalogue", "0003_search")]
    operations = [
        migrations.AddField("importrun", "organisation", owner()),
        migrations.AddField("offerreport", "organisation", owner()),
        migrations.RunPython(give_to_host, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField("importrun", "organisation", owner(default=relais.accounts.scope.host_number)),
        migrations.AlterField("offerreport", "organisation", owner(default=relais.accounts.scope.host_number)),
    ]
