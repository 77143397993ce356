from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("coaching", "0012_message_whole"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="doubt",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unknown", "Rien ne prouve qui l’a envoyé : une adresse ou un numéro s’imite."),
                    ("failed", "Le contrôle de l’expéditeur a échoué : quelqu’un d’autre l’a peut-être écrit."),
                    ("other", "Écrit d’une autre adresse que la sienne, en réponse à une lettre de nous."),
                ],
                max_length=7,
            ),
        ),
    ]
