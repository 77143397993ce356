"""One organisation runs the installation: that of the first administrator who is not of the demonstration, else the oldest team."""

from django.db import migrations, models
from django.db.models import Q


def choose(apps, schema_editor):
    Organisation = apps.get_model("accounts", "Organisation")
    Membership = apps.get_model("accounts", "Membership")
    administrators = Membership.objects.filter(
        role="administrator", user__is_active=True, user__approved_at__isnull=False
    )
    first = administrators.order_by("organisation__is_demo", "user__date_joined", "id").first()
    chosen = (
        first.organisation
        if first
        else Organisation.objects.filter(kind="operator").order_by("is_demo", "name", "id").first()
    )
    if chosen:
        Organisation.objects.filter(pk=chosen.pk).update(is_host=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_trim_access")]
    operations = [
        migrations.AddField(
            "organisation",
            "is_host",
            models.BooleanField(
                default=False, help_text="runs this installation: its administrators look after every organisation"
            ),
        ),
        migrations.RunPython(choose, migrations.RunPython.noop),
        migrations.AddConstraint(
            "organisation",
            models.UniqueConstraint(fields=["is_host"], condition=Q(is_host=True), name="organisation_one_host"),
        ),
    ]
