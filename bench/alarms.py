"""From a message that says « je veux mourir » to the letter in the hands of the mail server, on a whole running Relais.

The clock starts before the young person's request and stops when a mail server on the loopback has accepted the letter:
detection, transaction, outbox, worker and SMTP are all inside. The answer to the request is timed too, with the numbers in it.
"""

import asyncio
import http.client
import re
import statistics
import threading
from time import monotonic, sleep
from urllib.parse import urlencode
from uuid import uuid4

from bench.house import House, Line, free_port

MESSAGES, BOUND, ANSWER_BOUND = 20, 10.0, 1.0
DARK = "je veux mourir ce soir, personne ne m’écoute"


class Mailbox(threading.Thread):
    """Enough of SMTP to take letters; `arrivals` holds the instants at which they were accepted."""

    def __init__(self, port: int):
        super().__init__(daemon=True)
        self.port, self.arrivals, self.ready = port, [], threading.Event()

    def run(self):
        asyncio.run(self._serve())

    async def _serve(self):
        async with await asyncio.start_server(self._talk, "127.0.0.1", self.port) as server:
            self.ready.set()
            await server.serve_forever()

    async def _talk(self, reader, writer):
        writer.write(b"220 bench\r\n")
        letter, inside = b"", False
        while line := await reader.readline():
            if inside:
                letter += line
                if line == b".\r\n":
                    inside = False
                    if b"/pro/conversations/" in letter:
                        self.arrivals.append(monotonic())
                    letter = b""
                    writer.write(b"250 kept\r\n")
            elif line.upper().startswith(b"DATA"):
                inside = True
                writer.write(b"354 go on\r\n")
            elif line.upper().startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()


def run(house: House):
    mailbox = Mailbox(free_port())
    mailbox.start()
    mailbox.ready.wait(5)
    letters, answers, shown = [], [], 0
    with house.served(house.production | {"EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}"}) as (port, _):
        sleep(3)
        for _ in range(MESSAGES):
            before, start = len(mailbox.arrivals), monotonic()
            status, page = _write(port)
            answers.append(monotonic() - start)
            shown += status == 200 and 'id="secours-titre"' in page and 'href="tel:3114"' in page
            while len(mailbox.arrivals) == before and monotonic() - start < BOUND:
                sleep(0.005)
            letters.append((mailbox.arrivals[before] if len(mailbox.arrivals) > before else start + BOUND) - start)
    yield Line(
        "alarm, message to letter",
        f"{max(letters):.2f} s",
        f"{BOUND:.0f} s",
        max(letters) < BOUND,
        f"the slowest of {MESSAGES}; median {statistics.median(letters):.2f} s",
    )
    yield Line(
        "alarm, numbers on the page",
        f"{max(answers):.2f} s",
        f"{ANSWER_BOUND:.0f} s",
        max(answers) <= ANSWER_BOUND and shown == MESSAGES,
        f"{shown} pages of {MESSAGES} show the 3114",
    )


def _write(port: int) -> tuple[int, str]:
    """One person writes for the first time; the status and the page they are led to."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    secure = {"Host": "127.0.0.1"}
    connection.request("GET", "/parler", headers=secure)
    answer = connection.getresponse()
    form, cookies = answer.read().decode(), _cookies(answer)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    fields = {"csrfmiddlewaretoken": token, "key": str(uuid4()), "body": DARK}
    sent = secure | {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/parler", urlencode(fields), sent)
    answer = connection.getresponse()
    answer.read()
    connection.request("GET", "/parler", headers=secure | {"Cookie": f"{cookies}; {_cookies(answer)}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def _cookies(answer) -> str:
    return "; ".join(value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie")
