"""What goes over the wire, byte by byte: no client library tidies it up. As the proxy in front of the house would pass it on."""

import hmac
import json
import re
import socket
import time
from base64 import b64encode
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlencode

HOST = "relais.exemple.invalid"
SECRET = "une-porte-assez-longue-pour-compter-vraiment"
PATIENCE = 120
TOKEN = "a" * 32
"""Of forms: the cookie and the field are the same word, as Django wants it."""
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Answer:
    """`status` is 0 where the house hung up without one."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def broke(self) -> bool:
        return self.status >= 500


class _Hung(OSError):
    """No whole answer came."""


def send(port: int, request: bytes) -> Answer:
    """One request as it is, and its answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            line.sendall(request)
            found = HTTPResponse(line)
            found.begin()
            text = found.read().decode("utf-8", "replace")
        except (ConnectionError, HTTPException):
            return Answer(0, "")
        cookies = "; ".join(one.partition(";")[0] for one in found.headers.get_all("set-cookie") or [])
        return Answer(found.status, text, {**{k.lower(): v for k, v in found.headers.items()}, "set-cookie": cookies})


@dataclass
class Browser:
    """Somebody's browser behind the proxy. `address` is what the proxy says of where they are."""

    port: int
    address: str = "198.51.100.7"
    cookies: dict[str, str] = field(default_factory=dict)

    def head(self, method: bytes, path: bytes, more: list[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
        cookies = "; ".join(f"{name}={value}" for name, value in {"__Host-csrf": TOKEN, **self.cookies}.items())
        lines = [
            (b"Host", HOST.encode()),
            (b"X-Forwarded-Proto", b"https"),
            (b"X-Forwarded-For", self.address.encode()),
            (b"Cookie", cookies.encode()),
            (b"Connection", b"close"),
            *more,
        ]
        if method not in (b"GET", b"HEAD"):
            lines += [(b"Origin", f"https://{HOST}".encode()), (b"X-CSRFToken", TOKEN.encode())]
            lines.append((b"Content-Length", str(len(body)).encode()))
        return b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, path, b"".join(b"%s: %s\r\n" % one for one in lines), body)

    def ask(self, method: str, path: str | bytes, body: bytes = b"", **headers: str) -> Answer:
        """`headers`: content_type="…" stands for Content-Type."""
        path = path if isinstance(path, bytes) else path.encode()
        more = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = send(self.port, self.head(method.encode(), path, more, body))
        for one in answer.headers.get("set-cookie", "").split("; "):
            name, _, value = one.partition("=")
            if value:
                self.cookies[name] = value
        return answer

    def get(self, path: str | bytes) -> Answer:
        return self.ask("GET", path)

    def post(self, path: str, fields: dict | list | None = None, **headers: str) -> Answer:
        return self.ask("POST", path, urlencode(fields or {}, doseq=True).encode(), content_type=FORM, **headers)

    def go(self, path: str, fields: dict | None) -> Answer:
        """A form where there are fields, a page where there are none."""
        return self.get(path) if fields is None else self.post(path, fields)

    def open(self, body: str) -> None:
        """Write to the line for the first time."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', self.get("/parler").text))
        answer = self.post("/parler", hidden | {"body": body})
        assert answer.status == 302, (answer.status, answer.text[:400])

    def say(self, body: str) -> Answer:
        page = self.get("/parler").text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page))
        return self.post("/parler/ecrire", hidden | {"body": body}, accept="application/json")


@dataclass
class Doors:
    """The doors of providers, each signed as its provider signs. `signer`: the key of Discord."""

    port: int
    signer: object
    count: int = 0
    addresses: int = 0

    def _send(self, path: str, body: bytes, **headers: str) -> Answer:
        self.addresses += 1
        return Browser(self.port, f"203.0.113.{self.addresses % 250}").ask("POST", path, body, **headers)

    def number(self) -> int:
        self.count += 1
        return self.count

    def letter(self, raw: bytes, provider: str = "mime") -> Answer:
        basic = "Basic " + b64encode(f"x:{SECRET}".encode()).decode()
        return self._send(f"/entree/email/{provider}", raw, authorization=basic, content_type="message/rfc822")

    def email(self, sender: str, body: str, *, subject: str = "Bonjour", proof: str = "dmarc=pass") -> Answer:
        """`proof`: what our own server says of it; "" where it says nothing."""
        domain = sender.rpartition("@")[2]
        told = f"Authentication-Results: mx.{HOST}; {proof} header.from={domain}\r\n" if proof else ""
        head = f"{told}From: {sender}\r\nTo: relais@{HOST}\r\nMessage-ID: <{self.number()}@{domain}>\r\nSubject: {subject}\r\n"
        return self.letter(f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n".encode())

    def sms(self, sender: str, body: str) -> Answer:
        return self.signed_sms(json.dumps({"id": f"sms-{self.number()}", "from": sender, "text": body}).encode())

    def signed_sms(self, body: bytes) -> Answer:
        at = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), at.encode() + b"." + body, "sha256").hexdigest()
        return self._send("/entree/sms", body, x_relais_signature=f"t={at},s={signed}", content_type="application/json")

    def discord(self, sender: str, body: str) -> Answer:
        component = {"type": 18, "component": {"type": 4, "custom_id": "message", "value": body}}
        told = {"type": 5, "id": f"discord-{self.number()}", "application_id": "77", "token": f"jeton-{self.count}"}
        told |= {"member": {"user": {"id": sender}}, "data": {"custom_id": "talk", "components": [component]}}
        return self.signed_discord(json.dumps(told).encode())

    def signed_discord(self, body: bytes) -> Answer:
        at = str(int(time.time()))
        signed = self.signer.sign(at.encode() + body).hex()
        headers = {"x_signature_timestamp": at, "x_signature_ed25519": signed, "content_type": "application/json"}
        return self._send("/entree/discord", body, **headers)
