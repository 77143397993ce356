"""The two commands of our application, told to Discord once."""

import json

from django.conf import settings

from .. import http
from .interactions import IN_PRIVATE, TALK

IN_A_SERVER, WITH_THE_APPLICATION = 0, 1
_COMMON = {"contexts": [IN_A_SERVER, WITH_THE_APPLICATION], "integration_types": [0]}
COMMANDS = [
    {"type": 1, "name": TALK, "description": "Écrire à une vraie personne, en privé et gratuitement", **_COMMON},
    {"type": 3, "name": IN_PRIVATE, **_COMMON},
]


def register() -> list[str]:
    """Replace the commands of the application by ours; returns their names. Raises as `http.call`."""
    address = f"{settings.DISCORD_API_URL}/applications/{settings.DISCORD_APPLICATION_ID}/commands"
    headers = {"Authorization": f"Bot {settings.DISCORD_TOKEN}", "Content-Type": "application/json"}
    told = http.call("PUT", address, who="Discord", headers=headers, body=json.dumps(COMMANDS).encode()).json()
    return [command["name"] for command in told]
