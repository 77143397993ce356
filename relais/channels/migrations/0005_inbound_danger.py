from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0004_letters_kept_raw"),
    ]

    operations = [
        migrations.AddField(
            model_name="inbound",
            name="danger",
            field=models.BooleanField(
                default=False,
                help_text="signs of danger were found in it, by who knows them; shown where it is set aside",
            ),
        ),
    ]
