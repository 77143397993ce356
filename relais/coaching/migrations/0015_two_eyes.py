from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("coaching", "0014_age_noted")]

    operations = [
        migrations.RemoveConstraint(
            model_name="dangerfile",
            name="danger_second_reader_is_another",
        ),
        migrations.AddConstraint(
            model_name="dangerfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second_reader__isnull", True),
                    models.Q(("second_reader", models.F("opened_by")), _negated=True),
                    _connector="OR",
                ),
                name="danger_second_reader_is_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="dangerfile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("level", "C"),
                    ("closed_by__isnull", True),
                    models.Q(("closed_by", models.F("decided_by")), _negated=True),
                    _connector="OR",
                ),
                name="danger_closed_by_another",
            ),
        ),
    ]
