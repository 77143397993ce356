"""Discord, the mailbox and the networks become accounts like SMS; those that the environment named are read there a last time."""

import os
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

WAYS = [
    ("sms", "SMS"),
    ("discord", "Discord"),
    ("email", "Boîte e-mail"),
    ("instagram", "Instagram"),
    ("tiktok", "TikTok"),
    ("youtube", "YouTube"),
]
PORTS = {"imaps": 993, "imap+tls": 143, "imap": 143}
NAMED = {
    "discord": {
        "public_key": "DISCORD_PUBLIC_KEY",
        "application_id": "DISCORD_APPLICATION_ID",
        "token": "DISCORD_TOKEN",
    },
    "instagram": {"account": "INSTAGRAM_ACCOUNT", "token": "INSTAGRAM_TOKEN"},
    "tiktok": {"account": "TIKTOK_ACCOUNT", "token": "TIKTOK_TOKEN"},
    "youtube": {
        "account": "YOUTUBE_CHANNEL",
        "client_id": "YOUTUBE_CLIENT_ID",
        "client_secret": "YOUTUBE_CLIENT_SECRET",
        "refresh_token": "YOUTUBE_REFRESH_TOKEN",
    },
}
MAY_LACK = {"DISCORD_TOKEN"}


def from_the_environment(apps, schema_editor):
    """What was set for the whole installation goes on serving it."""
    found = {"email": _mailbox()} | {way: _said(names) for way, names in NAMED.items()}
    now = timezone.now()
    for way, values in found.items():
        if values:
            apps.get_model("channels", "ChannelAccount").objects.create(
                channel=way, values=values, asked_at=now, confirmed_at=now
            )


def _said(names: dict[str, str]) -> dict[str, str]:
    said = {name: os.environ.get(variable, "").strip() for name, variable in names.items()}
    return said if all(said[name] or variable in MAY_LACK for name, variable in names.items()) else {}


def _mailbox() -> dict:
    """IMAP_URL: imaps://user:password@host:993/INBOX."""
    parts = urlsplit(os.environ.get("IMAP_URL", "").strip())
    if parts.scheme not in PORTS or not parts.hostname:
        return {}
    return {
        "security": parts.scheme,
        "host": parts.hostname,
        "port": parts.port or PORTS[parts.scheme],
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "folder": unquote(parts.path.strip("/")) or "INBOX",
        # Letters are answered to the address that they leave from, as until now.
        "address": "",
        "checked_by": settings.EMAIL_CHECKED_BY,
    }


class Migration(migrations.Migration):
    dependencies = [("channels", "0008_seen")]

    operations = [
        migrations.RemoveConstraint("networkaccount", "network_account_once"),
        migrations.RenameModel("NetworkAccount", "AccountReading"),
        migrations.RenameField("accountreading", "network", "channel"),
        migrations.AlterModelOptions("accountreading", {"ordering": ["channel", "account", "id"]}),
        migrations.AlterField("accountreading", "channel", models.CharField(choices=WAYS, max_length=10)),
        migrations.AlterField(
            "accountreading",
            "account",
            models.CharField(blank=True, help_text="our number there, where comments are read", max_length=100),
        ),
        migrations.AddField(
            "accountreading",
            "owner",
            models.UUIDField(help_text="the organisation whose account it is; none: the installation", null=True),
        ),
        migrations.AddConstraint(
            "accountreading",
            models.UniqueConstraint(
                condition=models.Q(owner=None), fields=["channel", "account"], name="account_reading_once_for_all"
            ),
        ),
        migrations.AddConstraint(
            "accountreading",
            models.UniqueConstraint(fields=["channel", "owner", "account"], name="account_reading_once_each"),
        ),
        migrations.AlterField("channelaccount", "channel", models.CharField(choices=WAYS, max_length=10)),
        migrations.RunPython(from_the_environment, migrations.RunPython.noop),
    ]
