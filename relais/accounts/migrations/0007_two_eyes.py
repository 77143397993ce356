from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_right_requests"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rightrequest",
            name="right_confirmed_by_a_second_person",
        ),
        migrations.RemoveConstraint(
            model_name="rightrequest",
            name="right_not_asked_for_oneself",
        ),
        migrations.RemoveConstraint(
            model_name="rightrequest",
            name="right_not_confirmed_for_oneself",
        ),
        migrations.RemoveConstraint(
            model_name="volunteercheck",
            name="volunteer_checked_by_another",
        ),
        migrations.AddConstraint(
            model_name="rightrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(("confirmed_at__isnull", False), ("confirmed_by__isnull", False), ("dropped_at", None)),
                    _connector="OR",
                ),
                name="right_confirmed_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by__isnull", True),
                    models.Q(("confirmed_by", models.F("requested_by")), _negated=True),
                    _connector="OR",
                ),
                name="right_confirmed_by_a_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("requested_by__isnull", True),
                    models.Q(("requested_by", models.F("user")), _negated=True),
                    _connector="OR",
                ),
                name="right_not_asked_for_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="rightrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confirmed_by__isnull", True),
                    models.Q(("confirmed_by", models.F("user")), _negated=True),
                    _connector="OR",
                ),
                name="right_not_confirmed_for_oneself",
            ),
        ),
        migrations.AddConstraint(
            model_name="volunteercheck",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verified_by__isnull", True),
                    models.Q(("verified_by", models.F("user")), _negated=True),
                    _connector="OR",
                ),
                name="volunteer_checked_by_another",
            ),
        ),
    ]
