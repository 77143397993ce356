"""The two commands of an application, told to Discord once. Told again they are the same."""

import json

from django.conf import settings

from relais.foundation import web

from .interactions import IN_PRIVATE, TALK

IN_A_SERVER, WITH_THE_APPLICATION = 0, 1
_COMMON = {"contexts": [IN_A_SERVER, WITH_THE_APPLICATION], "integration_types": [0]}
COMMANDS = [
    {"type": 1, "name": TALK, "description": "Écrire à une vraie personne, en privé et gratuitement", **_COMMON},
    {"type": 3, "name": IN_PRIVATE, **_COMMON},
]


def register(account: dict) -> None:
    """Replace the commands of the application by ours. Raises as `web.call`."""
    address = f"{settings.DISCORD_API_URL}/applications/{account['application_id']}/commands"
    headers = {"Authorization": f"Bot {account['token']}", "Content-Type": "application/json"}
    web.call("PUT", address, who="Discord", headers=headers, body=json.dumps(COMMANDS).encode())
