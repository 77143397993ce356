"""Who writes by each door, and who answers: all insist until they are told that it is kept."""

import hmac
import json
import time
from base64 import b64encode
from email.message import EmailMessage
from http.client import HTTPException
from uuid import uuid4

from .crowd import PATIENCE, Person

SECRET = "porte-d-essai-assez-longue-pour-compter-vraiment"


class Writer(Person):
    """One person, on the site or through a provider that brings their messages. Each method writes a text, and returns it."""

    def __init__(self, number: int, port: int, discord):
        super().__init__(number, port, "")
        self.number, self.discord = number, discord
        self.who = f"p{number}"
        self.page: dict[str, str] = {}

    def site(self, serial: int) -> str:
        text = f"message {serial} de {self.who}"
        if not self.page:
            self._expect(302, "/parler", self.form("/parler") | {"body": text})
            self.page = self.form("/parler")
        else:
            answer = self._expect(200, "/parler/ecrire", self.page | {"body": text}, Accept="application/json")
            self.page["key"] = json.loads(answer)["key"]
        return text

    def email(self, serial: int) -> str:
        address, text = f"{self.who}@exemple.invalid", f"lettre {serial} de {self.who}"
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Message-ID"] = (
            address,
            "relais@exemple.invalid",
            f"<{self.who}.{serial}@exemple.invalid>",
        )
        letter.set_content(text)
        basic = b64encode(f"x:{SECRET}".encode()).decode()
        self._bring("/entree/email/mime", letter.as_bytes(), lambda _: {"Authorization": f"Basic {basic}"})
        return text

    def sms(self, serial: int) -> str:
        text = f"sms {serial} de {self.who}"
        body = json.dumps({"id": f"{self.who}-{serial}", "from": f"+336399{self.number:05d}", "text": text}).encode()

        def signed(stamp):
            return {
                "X-Relais-Signature": f"t={stamp},s={hmac.new(SECRET.encode(), stamp.encode() + b'.' + body, 'sha256').hexdigest()}"
            }

        self._bring("/entree/sms", body, signed)
        return text

    def chat(self, serial: int) -> str:
        text = f"discord {serial} de {self.who}"
        field = {"type": 18, "component": {"type": 4, "custom_id": "message", "value": text}}
        told = {
            "type": 5,
            "id": f"{self.who}-{serial}",
            "application_id": "77",
            "token": f"jeton-{self.who}-{serial}",
            "member": {"user": {"id": f"9000{self.number}"}},
            "data": {"custom_id": "talk", "components": [field]},
        }
        body = json.dumps(told).encode()

        def signed(stamp):
            return {
                "X-Signature-Timestamp": stamp,
                "X-Signature-Ed25519": self.discord.sign(stamp.encode() + body).hex(),
            }

        self._bring("/entree/discord", body, signed)
        return text

    def _bring(self, path: str, body: bytes, headers) -> None:
        """As a provider does: again and again, signed anew each time. `headers`: from the second at which it is sent."""
        deadline = time.monotonic() + PATIENCE
        while True:
            connection = self.connect()
            try:
                connection.request("POST", path, body, headers(str(int(time.time()))))
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    return
                # A house that starts again answers 502 or 503; anything else is a fault of this test.
                assert answer.status in (500, 502, 503), (path, answer.status)
            except (OSError, HTTPException):
                self.breaks += 1
            finally:
                connection.close()
            assert time.monotonic() < deadline, f"{path} never answered"
            time.sleep(0.1)


class Mediator(Person):
    """Who answers at the desk, with the form of each conversation's page."""

    def __init__(self, number: int, port: int, cookies: dict[str, str]):
        super().__init__(number, port, "")
        self.cookies = cookies
        self.pages: dict[str, dict[str, str]] = {}

    def answer(self, conversation: str, text: str) -> None:
        desk = f"/pro/conversations/{conversation}/"
        page = self.pages.get(conversation) or self.form(desk) | {"key": str(uuid4())}
        told = self._expect(200, f"{desk}repondre", page | {"body": text}, Accept="application/json")
        self.pages[conversation] = page | {"key": json.loads(told)["key"]}
