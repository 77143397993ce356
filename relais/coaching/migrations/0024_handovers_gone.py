"""Handovers are an app of their own: their tables went with `handovers.0001_moved`, this only forgets them here."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("coaching", "0023_topic"), ("handovers", "0001_moved")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("HandoverMessage"),
                migrations.DeleteModel("OutcomeReport"),
                migrations.DeleteModel("PartnerCapacity"),
                migrations.DeleteModel("FollowUp"),
                migrations.DeleteModel("Handover"),
            ]
        )
    ]
