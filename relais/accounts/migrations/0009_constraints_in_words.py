from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_sites"),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="site",
            name="site_two_colours_or_none",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("deep", ""), ("signal", "")),
                    models.Q(models.Q(("signal", ""), _negated=True), models.Q(("deep", ""), _negated=True)),
                    _connector="OR",
                ),
                name="site_two_colours_or_none",
                violation_error_message="Donnez les deux couleurs, ou aucune.",
            ),
        ),
    ]
