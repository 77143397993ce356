from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("coaching", "0013_other_sender"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="age_noted",
            field=models.CharField(
                blank=True,
                choices=[
                    ("under-15", "Moins de 15 ans"),
                    ("15-17", "15 à 17 ans"),
                    ("18-25", "18 à 25 ans"),
                    ("26-plus", "26 ans ou plus"),
                ],
                default="",
                max_length=8,
                verbose_name="âge noté par l’équipe, à confirmer",
            ),
        ),
    ]
