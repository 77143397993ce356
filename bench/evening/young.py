"""Young people of an evening: each writes, waits, answers, and at some point leaves; then somebody else comes.

What each does beside, as the page's own modules do: the stream of their conversation stays open, the place in the queue is
asked again every half minute and with each message.
"""

import asyncio
import json
import re
from itertools import count
from random import Random
from time import time

from bench.evening.visitor import Aside, Broken, Tally, Thread, Visitor

FIRST = (
    "salut, je sais pas trop quoi faire après la troisième",
    "Bonjour ! Il faut un diplôme pour travailler avec des enfants ?",
    "j’ai arrêté le lycée en mars, est-ce que je peux quand même faire éduc ?",
    "C’est possible de trouver un stage sans passer par le collège ?",
    "cc vous êtes une vraie personne ?",
    "Je bosse en restauration et je veux changer, par où je commence ?",
)
NEXT = (
    "ok merci",
    "j’habite vers Montargis",
    "je sais pas trop",
    "et ça dure combien de temps ?",
    "oui ça m’intéresse",
    "j’ai 17 ans",
    "et le permis ?",
)
DARK = (
    "je me sens vraiment mal en ce moment, j’ai envie de mourir parfois",
    "mon beau-père me frappe, j’ai peur de rentrer à la maison",
)
# Numbers kept for fiction.
NUMBERS = ("tu peux m’appeler au 06 39 98 12 34", "mon num c’est le 06 39 98 56 78 si besoin")
PLACES = ("Montargis", "Orléans", "45200", "")
SUBJECTS = ("jobs", "training", "internship", "work", "money", "life", "")
POLL, ARRIVAL = 30.0, 60.0
"""Seconds between two looks at one's place, and during which the first ones come in."""


class Crowd:
    """The people of the evening. `until`: the instant after which nobody else comes; `pace`: seconds between reading and writing."""

    def __init__(self, port: int, tally: Tally, until: float, pace: tuple[float, float]):
        self.port, self.tally, self.until, self.pace = port, tally, until, pace
        self.dice, self.born, self.written = Random(7), count(), count()

    def address(self) -> str:
        number = next(self.born)
        return f"127.{10 + number // 50_000}.{number // 200 % 250}.{2 + number % 200}"

    async def seat(self, number: int) -> None:
        """One of those who are always there: as one leaves, another comes."""
        await asyncio.sleep(self.dice.random() * ARRIVAL)
        while time() < self.until:
            self.tally.counts["journeys"] += 1
            person = Young(self)
            try:
                await person.live()
            except Broken:
                self.tally.counts["gave up"] += 1
            finally:
                person.leave()
            await asyncio.sleep(self.dice.random() * 3)


class Young(Aside):
    def __init__(self, crowd: Crowd):
        super().__init__()
        self.crowd, self.tally, self.dice = crowd, crowd.tally, crowd.dice
        self.visitor = Visitor(crowd.port, crowd.address(), crowd.tally)
        self.thread: Thread | None = None
        self.answered = asyncio.Event()
        self.proposal = ""

    async def live(self) -> None:
        dice = self.dice
        await self.write_first()
        if dice.random() < 0.4:
            await self.say_situation()
        dark, number = dice.random() < 0.03, dice.random() < 0.03
        for turn in range(1 + min(9, int(dice.expovariate(1 / 4)))):
            if dice.random() < 0.04:
                self.tally.counts["left before the answer"] += 1
                return
            if not await self.hears():
                return
            await asyncio.sleep(dice.uniform(*self.crowd.pace))
            if self.proposal:
                await self.decide()
            if dice.random() < 0.04:
                await self.come_back()
            words = (
                dice.choice(DARK)
                if dark and turn == 1
                else dice.choice(NUMBERS)
                if number and turn == 1
                else dice.choice(NEXT)
            )
            await self.write(words)
            if dice.random() < 0.1:
                await asyncio.sleep(dice.uniform(2, 6))
                await self.write("et aussi : " + dice.choice(NEXT))
        if await self.hears() and dice.random() < 0.04:
            await self.erase()
        elif dice.random() < 0.6:
            # They read on for a while, and may see the end said.
            await asyncio.sleep(dice.uniform(5, 40))

    async def hears(self) -> bool:
        """Waits for somebody's answer. False when the evening ends first."""
        while not self.answered.is_set():
            if time() > self.crowd.until:
                return False
            try:
                await asyncio.wait_for(self.answered.wait(), 5)
            except TimeoutError:
                continue
        return True

    async def write_first(self) -> None:
        page = await self.visitor.ask("young: open page", "/parler")
        body = self.words(self.dice.choice(FIRST))
        fields = page.form("/parler") | {"body": body, "pseudonym": "", "commune": self.dice.choice(PLACES)}
        sent = time()
        await self.visitor.ask("young: first message", "/parler", fields, expect=(302,))
        page = await self.open_page()
        self.accepted(1, body, sent)
        self.code = re.search(r'<p class="code">([^<]+)<', page.text)[1]

    async def open_page(self):
        page = await self.visitor.ask("young: conversation", "/parler")
        found = re.search(r'data-live="/live/conversation/([^"]+)".*?data-last="(\d+)"', page.text)
        self.conversation = found[1]
        self.fields, self.waits = page.form("/parler/ecrire"), "data-waits" in page.text
        self.thread = Thread(self.visitor, "young", found[1], int(found[2]), self.heard)
        await self.thread.open()
        self.start(self.look_now_and_then, self.thread)
        return page

    def words(self, text: str) -> str:
        return f"{text} [y{next(self.crowd.written):x}]"

    def accepted(self, seq: int, body: str, sent: float) -> None:
        self.tally.counts["young"] += 1
        token = body.rpartition("[")[2][:-1]
        self.tally.note("accepted", conversation=self.conversation, seq=seq, side="young", token=token, sent=sent)

    async def write(self, text: str) -> None:
        body, sent = self.words(text), time()
        self.answered.clear()
        answer = await self.visitor.ask(
            "young: message", "/parler/ecrire", self.fields | {"body": body}, Accept="application/json"
        )
        told = json.loads(answer.text)
        self.fields["key"] = told["key"]
        self.accepted(told["seq"], body, sent)
        self.start(self.after_writing)

    async def after_writing(self) -> None:
        await self.visitor.ask("young: news", f"/parler/suite?apres={self.thread.stream.last}")
        await self.place()

    def heard(self, seq: int, whose: str, lines: bytes) -> None:
        if whose == "staff":
            self.answered.set()
            if found := re.search(rb'href="/parler/accord/([0-9a-f-]+)">Lire et', lines):
                self.proposal = found[1].decode()
        if whose != "young":
            self.start(self.place)

    async def place(self) -> None:
        """What the page says of the queue; it asks by itself only while it says something."""
        answer = await self.visitor.ask("young: place in the queue", "/parler/attente")
        self.waits = "data-waits" in answer.text

    async def look_now_and_then(self, thread: Thread) -> None:
        while not thread.stream.stopped:
            await asyncio.sleep(POLL)
            if self.waits and not thread.stream.stopped:
                await self.place()

    async def say_situation(self) -> None:
        page = await self.visitor.ask("young: situation", "/parler/situation")
        said = {"subject": self.dice.choice(SUBJECTS), "urgency": "", "age_band": "", "known": ""}
        await self.visitor.ask(
            "young: situation said", "/parler/situation", page.form("/parler/situation") | said, expect=(302,)
        )

    async def decide(self) -> None:
        """Read what would be passed on, and say yes or no."""
        path, self.proposal = f"/parler/accord/{self.proposal}", ""
        page = await self.visitor.ask("young: agreement", path)
        yes = self.dice.random() < 0.7
        sent = time()
        fields = page.form('/parler/accord/[^"]*') | {"choice": "yes" if yes else "no", "name": "", "contact": ""}
        await self.visitor.ask("young: agreement said", path, fields, expect=(302,))
        self.tally.note("agreed" if yes else "declined", conversation=self.conversation, sent=sent)
        self.tally.counts["agreed" if yes else "declined"] += 1

    async def come_back(self) -> None:
        """Close everything, take another device, type the code."""
        self.leave()
        self.tally.counts["resumed"] += 1
        await asyncio.sleep(self.dice.uniform(1, 5))
        self.visitor = Visitor(self.crowd.port, self.crowd.address(), self.tally)
        page = await self.visitor.ask("young: resume page", "/parler/reprendre")
        await self.visitor.ask(
            "young: code",
            "/parler/reprendre",
            page.form("/parler/reprendre") | {"code": self.code.lower()},
            expect=(302,),
        )
        await self.open_page()

    async def erase(self) -> None:
        page = await self.visitor.ask("young: erase page", "/parler/supprimer")
        self.thread.close()
        sent = time()
        await self.visitor.ask("young: erase", "/parler/supprimer", page.form("/parler/supprimer"), expect=(302,))
        self.tally.note("erased", conversation=self.conversation, sent=sent)
        self.tally.counts["erased"] += 1

    def leave(self) -> None:
        if self.thread:
            self.thread.close()
        self.stop()
