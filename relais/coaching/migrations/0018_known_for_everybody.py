from django.db import migrations, models

KNOWN = [
    ("accompanied", "Oui, et quelqu’un me suit"),
    ("known", "J’y ai un dossier, mais personne ne me suit"),
    ("unknown", "Non"),
    ("unsure", "Je ne sais pas"),
]


class Migration(migrations.Migration):
    dependencies = [("coaching", "0017_constraints_in_words")]

    operations = [
        migrations.AlterField(
            "conversation",
            "known",
            models.CharField("suivi par la mission locale ou France Travail", max_length=16, choices=KNOWN, blank=True),
        ),
        migrations.AlterField("handover", "known_checked", models.CharField(max_length=16, choices=KNOWN, blank=True)),
    ]
