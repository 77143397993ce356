"""Alarms and danger files hang on a subject instead of a conversation, and leave for `safeguarding` with their tables and rows."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Cast

CONVERSATION = "conversation"


def tie(apps, schema_editor):
    alarm, file = apps.get_model("coaching", "Alarm"), apps.get_model("coaching", "DangerFile")
    conversation = apps.get_model("coaching", "Conversation")
    place = conversation.objects.filter(pk=OuterRef("conversation_id")).values("line__organisation_id")[:1]
    alarm.objects.update(
        subject_id=F("conversation_id"),
        item=Cast("message_id", models.CharField(max_length=40)),
        organisation=Subquery(place),
    )
    file.objects.update(subject_id=F("conversation_id"))


class Migration(migrations.Migration):
    dependencies = [("coaching", "0020_appointments_leave"), ("accounts", "0010_links")]

    operations = [
        migrations.AddField(
            "alarm", "subject_kind", models.CharField(max_length=20, default=CONVERSATION), preserve_default=False
        ),
        migrations.AddField("alarm", "subject_id", models.UUIDField(null=True)),
        migrations.AddField("alarm", "item", models.CharField(max_length=40, null=True)),
        migrations.AddField(
            "alarm",
            "organisation",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddField(
            "dangerfile", "subject_kind", models.CharField(max_length=20, default=CONVERSATION), preserve_default=False
        ),
        migrations.AddField("dangerfile", "subject_id", models.UUIDField(null=True)),
        migrations.RunPython(tie, migrations.RunPython.noop),
        # What the foreign keys of these rows still have to check, before their tables change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField("alarm", "conversation"),
        migrations.RemoveField("alarm", "message"),
        migrations.RemoveField("dangerfile", "conversation"),
        migrations.AlterField("alarm", "subject_id", models.UUIDField()),
        migrations.AlterField("alarm", "item", models.CharField(max_length=40)),
        migrations.AlterField(
            "alarm",
            "organisation",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.organisation"
            ),
        ),
        migrations.AddIndex("alarm", models.Index(fields=["subject_id", "subject_kind"], name="alarm_subject")),
        migrations.AddIndex("dangerfile", models.Index(fields=["subject_id", "subject_kind"], name="danger_subject")),
        migrations.AddConstraint("alarm", models.UniqueConstraint(fields=("subject_kind", "item"), name="alarm_once")),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("DangerEntry"),
                migrations.DeleteModel("DangerFile"),
                migrations.DeleteModel("Alarm"),
            ]
        ),
    ]
