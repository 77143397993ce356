from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_constraints_in_words"),
        ("campaigns", "0002_share"),
        ("stories", "0007_two_eyes"),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="touch",
            name="touch_one_share_a_story",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "share")),
                fields=("story",),
                name="touch_one_share_a_story",
                violation_error_message="Ce témoignage a déjà son lien de partage.",
            ),
        ),
    ]
