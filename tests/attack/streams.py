"""A right checked at the door only: streams that are open while it goes."""

import socket
import time
from collections.abc import Iterator
from random import Random

from .campaign import Try, attack
from .house import House
from .wire import Browser

WAYS = ("closed", "demoted", "stopped", "signed out", "password changed", "approval gone", "second factor gone")
PATIENCE = 90
"""Seconds that a busy machine may need: what ends a stream is no clock."""


class Stream:
    """One that is open. `ended`: once the house has hung up."""

    def __init__(self, browser: Browser, path: str):
        self._line = socket.create_connection(("127.0.0.1", browser.port), timeout=PATIENCE)
        self._line.sendall(browser.head(b"GET", path.encode(), [(b"Accept", b"text/event-stream")]))
        self.got, self.ended = b"", False

    def until(self, word: bytes, seconds: float = PATIENCE) -> bool:
        """Whether `word` came, or for b"" the end."""
        ends = time.monotonic() + seconds
        while not (word and word in self.got) and not self.ended and time.monotonic() < ends:
            self._line.settimeout(max(0.05, ends - time.monotonic()))
            try:
                piece = self._line.recv(65536)
            except OSError:
                continue
            self.got += piece
            self.ended = not piece or piece.endswith(b"0\r\n\r\n")
        return self.ended if not word else word in self.got

    def close(self) -> None:
        self._line.close()


def lose(house: House, way: str, browser: Browser, who: str) -> None:
    """The right of this account goes; by a page where there is one, else as a neighbour's process would write it."""
    administrator = house.browser("administrator")
    if way == "closed":
        administrator.post(f"/pro/equipe/{who}/fermer")
    elif way == "demoted":
        administrator.post(f"/pro/equipe/{who}/roles/{house.cast['organisation']}", {"roles": "funder"})
    elif way == "stopped":
        house.inside("stop", user=who)
    elif way == "signed out":
        browser.post("/compte/logout/")
    else:
        query = {
            "password changed": "UPDATE accounts_user SET password = 'autre' WHERE id = %s",
            "approval gone": "UPDATE accounts_user SET approved_at = NULL WHERE id = %s",
            "second factor gone": "DELETE FROM mfa_authenticator WHERE user_id = %s",
        }[way]
        house.inside("rows", query=query, values=[who])


@attack("7", "a stream that outlives the right", small=2, large=len(WAYS) * 6)
def outlive(house: House, dice: Random, cases: int) -> Iterator[Try]:
    for number in range(cases):
        way, young = WAYS[(number + dice.randrange(len(WAYS))) % len(WAYS)], house.browser()
        word = f"MOT-{dice.randrange(16**8):08x}"
        young.open(f"Bonjour {word}")
        (there,) = house.inside("where", text=word)
        mediator = house.browser("new:mediator")
        mediator.post(f"/pro/conversations/{there['pk']}/prendre")
        assert word in mediator.get(f"/pro/conversations/{there['pk']}/").text
        streams = [
            Stream(mediator, f"/live/desk/{there['pk']}?after=1"),
            Stream(mediator, f"/live/inbox/{house.cast['organisation']}"),
        ]
        try:
            young.say(f"PREMIER {word}")
            heard = streams[0].until(f"PREMIER {word}".encode()) and streams[1].until(b"event: changed")
            # What is on its way already comes first.
            streams[1].until(b"never", seconds=1)
            before = streams[1].got.count(b"event: changed")
            lose(house, way, mediator, house.inside("whose", session=mediator.cookies["__Host-session"]))
            time.sleep(dice.choice((0, 0.3)))
            young.say(f"SECRET {word}")
            ended = [one.until(b"") for one in streams]
            wrong = "" if heard else "it heard nothing before"
            if f"SECRET {word}".encode() in streams[0].got or streams[1].got.count(b"event: changed") > before:
                wrong = "it goes on being told"
            elif not all(ended):
                wrong = "the streams stay open"
        finally:
            for one in streams:
                one.close()
        yield Try(way, wrong)
