"""How many rows a run set aside is kept when the rows themselves are erased."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0008_structure_phones")]

    operations = [
        migrations.AddField("importrun", "aside", models.PositiveIntegerField(default=0)),
        migrations.RunSQL(
            "UPDATE catalogue_importrun SET aside = jsonb_array_length(set_aside) WHERE set_aside <> '[]'",
            migrations.RunSQL.noop,
        ),
    ]
