from django.db import migrations

from relais.foundation import contacts


def one_form(apps, schema_editor):
    """What was kept as it was typed takes its canonical form."""
    rows = apps.get_model("agenda", "Appointment").objects.exclude(address="")
    for pk, written in rows.order_by("pk").values_list("pk", "address").iterator():
        if contacts.kept(written) != written:
            rows.filter(pk=pk).update(address=written)


class Migration(migrations.Migration):
    dependencies = [("agenda", "0001_appointments")]
    operations = [
        migrations.AlterField("appointment", "address", contacts.ContactPointField(blank=True)),
        migrations.RunPython(one_form, migrations.RunPython.noop),
    ]
