"""The secret that lasting secrets are drawn from: at first SECRET_KEY, so that what was drawn from it before stays good."""

from django.db import migrations, models

import relais.foundation.sealed
from relais.foundation import keys


def first(apps, schema_editor):
    keys.first(apps.get_model("foundation", "HouseSecret"))


class Migration(migrations.Migration):
    dependencies = [("foundation", "0004_events_by_name")]

    operations = [
        migrations.CreateModel(
            name="HouseSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("secret", relais.foundation.sealed.SealedTextField()),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="house_secret_once")]},
        ),
        migrations.RunPython(first, migrations.RunPython.noop),
    ]
