"""Links: one table for the secret addresses that each app kept in columns of its own; their migrations carry them over."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("foundation", "0006_outbound_owner"),
    ]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=40)),
                ("subject", models.CharField(max_length=40)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("about", models.UUIDField(help_text="the conversation it belongs to: erased together", null=True)),
                (
                    "sent_by",
                    models.CharField(
                        blank=True,
                        help_text="to whom another one goes: « address:12 », said by its purpose",
                        max_length=40,
                    ),
                ),
                ("single_use", models.BooleanField(default=False)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["subject", "purpose"], name="link_subject"),
                    models.Index(condition=models.Q(("about__isnull", False)), fields=["about"], name="link_about"),
                    models.Index(fields=["expires_at"], name="link_expires"),
                ],
            },
        ),
    ]
