import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_reasons_are_codes"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenSession",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("device", models.CharField(max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "session",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sessions.session",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="open_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-seen_at", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("told_at", None)), fields=["seen_at"], name="session_to_lock")
                ],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE accounts_opensession ADD CONSTRAINT opensession_ends_with_its_session "
            "FOREIGN KEY (session_id) REFERENCES django_session ON DELETE CASCADE",
            "ALTER TABLE accounts_opensession DROP CONSTRAINT opensession_ends_with_its_session",
        ),
    ]
