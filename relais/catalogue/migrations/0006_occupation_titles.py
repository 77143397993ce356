from django.db import migrations, models


def say_both(apps, schema_editor):
    """The short names of before were masculine. Until the sheets are read again, both forms of the name stand there instead."""
    occupation = apps.get_model("catalogue", "Occupation")
    for one in occupation.objects.filter(feminine="").order_by("slug").iterator():
        forms = [form[:1].lower() + form[1:] for form in one.name.split(" / ")]
        if len(forms) > 1:
            occupation.objects.filter(pk=one.pk).update(short_name=" ou ".join(forms))


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0005_structure_slice"),
    ]

    operations = [
        migrations.AddField(
            model_name="occupation",
            name="entry",
            field=models.CharField(
                blank=True,
                default="",
                help_text="how one gets in, when neither a diploma nor none says it",
                max_length=120,
            ),
        ),
        migrations.AddField(
            model_name="occupation",
            name="feminine",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AddField(
            model_name="occupation",
            name="masculine",
            field=models.CharField(blank=True, default="", max_length=120),
        ),
        migrations.AlterField(
            model_name="occupation",
            name="short_name",
            field=models.CharField(max_length=250),
        ),
        migrations.RunPython(say_both, migrations.RunPython.noop),
    ]
