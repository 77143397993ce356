"""Where providers knock. A webhook without its secret answers 404."""

from django.urls import path

from .discord.interactions import discord_webhook
from .email.webhook import email_webhook
from .sms.inbound import secret_webhook, signed_webhook

urlpatterns = [
    path("email/<slug:provider>", email_webhook, name="webhook_email"),
    path("sms", signed_webhook, name="webhook_sms_signed"),
    path("sms/compte/<uuid:owner>", signed_webhook, name="webhook_sms_account"),
    path("sms/<str:secret>", secret_webhook, name="webhook_sms_secret"),
    path("discord", discord_webhook, name="webhook_discord"),
    path("discord/compte/<uuid:owner>", discord_webhook, name="webhook_discord_account"),
]
