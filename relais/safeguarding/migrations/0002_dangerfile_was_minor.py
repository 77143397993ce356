from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("safeguarding", "0001_moved"),
    ]

    operations = [
        migrations.AddField(
            model_name="dangerfile",
            name="was_minor",
            field=models.BooleanField(
                help_text="who an undecided file is about, kept when that is erased: whether parents are told depends on it",
                null=True,
            ),
        ),
    ]
