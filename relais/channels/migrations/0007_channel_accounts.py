"""Accounts at providers become rows; the one that the environment named until now is read there a last time."""

import os
import uuid

from django.db import migrations, models
from django.utils import timezone

import relais.foundation.sealed
from relais.foundation import keys


def from_the_environment(apps, schema_editor):
    """SMS_DIALECT, SMS_URL, SMS_KEY and SMS_SENDER, SMS_INBOUND_SECRET: what was set for the whole installation goes on serving it."""
    said = {name: os.environ.get(f"SMS_{name.upper()}", "").strip() for name in ("dialect", "url", "key", "sender")}
    door = os.environ.get("SMS_INBOUND_SECRET", "").strip()
    values = said if said["dialect"] and said["url"] and said["key"] else {}
    if not values and not door:
        return
    now = timezone.now()
    apps.get_model("channels", "ChannelAccount").objects.create(
        channel="sms",
        values=values,
        webhook_secret=door,
        webhook_digest=keys.sign(f"webhook|sms|{door}") if door else "",
        asked_at=now,
        confirmed_at=now,
    )


def one(state: str, own: bool):
    return models.UniqueConstraint(
        fields=["channel", *(["owner"] if own else [])],
        name=f"channel_account_one_{state}_{'each' if own else 'for_all'}",
        condition=models.Q(confirmed_at__isnull=state == "waiting", owner__isnull=not own),
    )


class Migration(migrations.Migration):
    dependencies = [("channels", "0006_opt_out"), ("foundation", "0009_outbound_stopped")]

    operations = [
        migrations.AddField(
            "inbound",
            "account_of",
            models.UUIDField(
                null=True,
                help_text="the organisation to whose account it was written; none: to that of the installation",
            ),
        ),
        migrations.CreateModel(
            "ChannelAccount",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "E-mail"), ("sms", "SMS"), ("discord", "Discord")], max_length=10
                    ),
                ),
                (
                    "owner",
                    models.UUIDField(
                        null=True,
                        help_text="the organisation; none: of the installation, for all who have none of their own",
                    ),
                ),
                (
                    "values",
                    relais.foundation.sealed.SealedJSONField(
                        default=dict, help_text="what its provider asks for: see the folder of the channel"
                    ),
                ),
                (
                    "webhook_secret",
                    relais.foundation.sealed.SealedTextField(
                        blank=True, default="", help_text="the secret with which its provider knocks"
                    ),
                ),
                ("webhook_digest", models.CharField(blank=True, default="", max_length=64)),
                ("asked_by", models.UUIDField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("confirmed_by", models.UUIDField(null=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["asked_at", "id"],
                "constraints": [
                    one("serving", True),
                    one("waiting", True),
                    one("serving", False),
                    one("waiting", False),
                    models.CheckConstraint(
                        condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("asked_by")),
                        name="channel_account_confirmed_by_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(confirmed_at=None)
                        | models.Q(confirmed_by__isnull=False)
                        | models.Q(asked_by=None),
                        name="channel_account_serves_once_confirmed",
                    ),
                ],
            },
        ),
        migrations.RunPython(from_the_environment, migrations.RunPython.noop),
    ]
