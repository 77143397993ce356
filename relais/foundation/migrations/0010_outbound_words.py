from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foundation", "0009_outbound_stopped"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outbound",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "En attente"),
                    ("sending", "En cours d’envoi"),
                    ("sent", "Envoyé"),
                    ("ambiguous", "Peut-être envoyé"),
                    ("failed", "Refusé"),
                    ("stopped", "Non envoyé : refus de recevoir"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
