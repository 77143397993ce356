from django.db import migrations

from relais.foundation.contacts import public_number

SLICE = 2000


def one_form(apps, schema_editor):
    """Numbers as their sources wrote them take the one form of the house; what nobody can dial goes."""
    structures = apps.get_model("catalogue", "Structure").objects
    changed = []
    for one in structures.exclude(phone="").only("phone").order_by("pk").iterator(SLICE):
        number = public_number(one.phone)
        if number != one.phone:
            one.phone = number
            changed.append(one)
    structures.bulk_update(changed, ["phone"], batch_size=SLICE)
    for one in structures.filter(corrections__has_key="phone").only("corrections").order_by("pk"):
        one.corrections["phone"] = public_number(one.corrections["phone"])
        one.save(update_fields=["corrections"])


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_tables")]
    operations = [migrations.RunPython(one_form, migrations.RunPython.noop)]
