import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("coaching", "0026_account_of"),
        ("journeys", "0001_initial"),
        ("safeguarding", "0003_alarm_groups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="alarm_group",
            field=models.ForeignKey(
                db_index=False,
                help_text="in which its alarms came; none where one came otherwise, or was real",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="safeguarding.alarmgroup",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("alarm_group__isnull", False)), fields=["alarm_group"], name="conversation_together"
            ),
        ),
    ]
