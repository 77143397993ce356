"""Where providers knock. A door without its secret answers 404."""

from django.urls import path

from .discord.interactions import discord_door
from .email.webhook import email_door
from .sms.inbound import secret_door, signed_door

urlpatterns = [
    path("email/<slug:provider>", email_door, name="door_email"),
    path("sms", signed_door, name="door_sms_signed"),
    path("sms/<str:secret>", secret_door, name="door_sms_secret"),
    path("discord", discord_door, name="door_discord"),
]
