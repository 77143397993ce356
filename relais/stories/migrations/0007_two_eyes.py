from django.db import migrations, models


def nobody_approved(apps, schema_editor):
    """An approval by whoever submitted it was none: the story says so, and asks for a second person before it is published again."""
    apps.get_model("stories", "Story").objects.filter(approved_by=models.F("submitted_by")).update(approved_by=None)


class Migration(migrations.Migration):
    dependencies = [("stories", "0006_job_form")]

    operations = [
        migrations.RunPython(nobody_approved, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name="story",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("submitted_by")), _negated=True),
                    _connector="OR",
                ),
                name="story_approved_by_a_second_person",
            ),
        ),
    ]
