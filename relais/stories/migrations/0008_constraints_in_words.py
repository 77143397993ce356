from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_constraints_in_words"),
        ("catalogue", "0006_occupation_titles"),
        ("stories", "0007_two_eyes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name="story",
            name="story_own_words_when_chosen",
            constraint=models.CheckConstraint(
                condition=models.Q(("job_form", "own"), ("job_words", ""), _connector="XOR"),
                name="story_own_words_when_chosen",
                violation_error_message="Écrivez le nom que cette personne donne à son métier, ou choisissez l’un de ceux qui sont proposés.",
            ),
        ),
    ]
