"""Providers on loopback who speak the wire format, slowly: a kill finds the worker before, while and after a message is taken.

`taken` counts what each took, by (who, words): an address, a number or a token of Discord, and the text as `words_of` gives it.
"""

import asyncio
import json
import random
import threading
import time
from collections import Counter
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOOT = "\n\nNe plus recevoir d’e-mails d’ici"


def words_of(text: str) -> str:
    """`text` whatever a transport did to its ends of lines."""
    return " ".join(text.split())


class Post:
    """The handler of a mail server. `slowness`: seconds at most before a letter is taken, and again after."""

    def __init__(self, dice: random.Random, slowness: float):
        self.taken: Counter[tuple[str, str]] = Counter()
        self.dice, self.slowness = dice, slowness

    async def handle_DATA(self, server, session, envelope):
        letter = message_from_bytes(envelope.content, policy=policy.default)
        await asyncio.sleep(self.dice.uniform(0, self.slowness))
        # Below what was promised stands, at each try anew, the link to receive nothing more.
        words = letter.get_body(("plain",)).get_content().replace("\r\n", "\n").partition(FOOT)[0]
        self.taken[envelope.rcpt_tos[0], words_of(words)] += 1
        await asyncio.sleep(self.dice.uniform(0, self.slowness))
        return "250 taken"


class Gateway(ThreadingHTTPServer):
    """A service of SMS, and Discord."""

    daemon_threads = True

    def __init__(self, dice: random.Random, slowness: float):
        self.taken: Counter[tuple[str, str]] = Counter()
        self.dice, self.slowness = dice, slowness
        super().__init__(("127.0.0.1", 0), _Request)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Request(BaseHTTPRequestHandler):
    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        who = told.get("to") or self.path.split("/")[-1].partition("?")[0]
        time.sleep(self.server.dice.uniform(0, self.server.slowness))
        self.server.taken[who, words_of(told.get("text") or told["content"])] += 1
        time.sleep(self.server.dice.uniform(0, self.server.slowness))
        body = b"{}"
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            return  # who asked was killed

    def log_message(self, *_):
        pass
