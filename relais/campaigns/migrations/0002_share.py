from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("stories", "0003_owned_and_published")]
    operations = [
        migrations.AlterField(
            "touch",
            "kind",
            models.CharField(
                choices=[
                    ("video", "Vidéo"),
                    ("poster", "Affiche"),
                    ("ambassador", "Ambassadeur ou ambassadrice"),
                    ("class", "Classe visitée"),
                    ("share", "Partage"),
                    ("other", "Autre"),
                ],
                max_length=12,
                verbose_name="sorte",
            ),
        ),
        migrations.AddConstraint(
            "touch",
            models.UniqueConstraint(
                condition=models.Q(("kind", "share")), fields=("story",), name="touch_one_share_a_story"
            ),
        ),
    ]
