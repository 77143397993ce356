from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_constraints_in_words"),
        ("coaching", "0016_lines"),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="line",
            name="line_alert_before_escalation_before_promise",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("alert_minutes__lt", models.F("escalate_minutes")),
                    ("escalate_minutes__lt", models.F("promise_minutes")),
                ),
                name="line_alert_before_escalation_before_promise",
                violation_error_message="L’équipe est alertée d’abord, puis les responsables, puis vient la fin du délai promis.",
            ),
        ),
    ]
