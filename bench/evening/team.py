"""Those who answer: twenty mediators who take the oldest deadline first, and the supervisor at the wall.

Their pages do beside what the pages' own modules do: a list asked again when its stream rings, a presence said every five or ten
seconds, a draft kept while one types.
"""

import asyncio
import contextlib
import html
import json
import re
from itertools import count
from random import Random
from time import time

from bench.evening.visitor import Answer, Aside, Broken, Stream, Tally, Thread, Visitor

SOON, REST, BEAT, FEW = 1.0, 4, 5.0, 6
ROW = re.compile(
    r'<li class="([^"]*)">\s*<input type="checkbox" name="c" value="([0-9a-f-]+)".*?<span class="whose">(.*?)</span>\s*<span class="marks">(.*?)</span>\s*<span class="soft">',
    re.S,
)
WAITS = re.compile(r'<p class="small state">[^<]*(réponse promise|<b class="late">)')
WORDS = (
    "Bonjour ! Merci de ton message. Tu as déjà une idée de ce qui te plairait ?",
    "Oui, c’est possible. Il y a une formation près de chez toi, en un an.",
    "D’accord. Et tu cherches plutôt à apprendre en travaillant, ou à l’école ?",
    "Prends ton temps. On peut regarder les stages ensemble.",
    "Bonne question : pas de diplôme demandé pour commencer, il y a une formation sur place.",
)
NOTE = "A parlé de son stage, à reprendre la prochaine fois."
SUMMARY = "Cherche un stage de découverte. Souhaite un premier rendez-vous."
written = count()


class Colleague(Aside):
    """Somebody signed in, with one page under their eyes at a time."""

    def __init__(self, card: dict, port: int, number: int, cast: dict, tally: Tally):
        super().__init__()
        self.card, self.cast, self.tally = card, cast, tally
        self.dice = Random(number)
        self.visitor = Visitor(port, f"127.3.0.{2 + number}", tally, {"__Host-session": card["session"]})
        self.conversation, self.token = "", ""

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT if self.conversation else 2 * BEAT)
            try:
                await self.say_here()
            except Broken:
                continue

    async def say_here(self) -> None:
        if not self.token:
            return
        fields = {"csrfmiddlewaretoken": self.token, "c": self.conversation}
        await self.visitor.ask("desk: presence", "/pro/conversations/presence", fields)

    def see(self, page: Answer) -> Answer:
        if found := re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text):
            self.token = found[1]
        return page

    async def watching(self, kind: str, page: str, part: str, seconds: float, every: float = 30.0) -> Answer:
        """A list under one's eyes for so long: the page, then its list again each time its stream rings. Returns the last."""
        self.conversation = ""
        self.seen = self.see(await self.visitor.ask(kind, page))
        self.start(self.say_here)
        rang, rest = asyncio.Event(), SOON
        stream = await Stream(self.visitor, f"/live/inbox/{self.cast['organisation']}", 0, lambda *_: rang.set()).open()
        deadline = time() + seconds
        try:
            while (left := deadline - time()) > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(rang.wait(), min(left, every))
                    await asyncio.sleep(min(rest, max(0.0, deadline - time())))
                rang.clear()
                start = time()
                with contextlib.suppress(Broken):
                    self.seen = await self.visitor.ask(f"{kind}, refreshed", part)
                rest = max(SOON, REST * (time() - start))
        finally:
            stream.close()
        return self.seen


class Mediator(Colleague):
    """`pace`: seconds to read and write one answer."""

    def __init__(self, *given, until: float, pace: tuple[float, float], away_at: float | None, closed: asyncio.Event):
        super().__init__(*given)
        self.until, self.pace, self.away_at, self.closed = until, pace, away_at, closed
        self.thread: Thread | None = None

    async def work(self) -> None:
        await asyncio.sleep(self.dice.random() * 5)
        self.start(self.beat)
        while time() < self.until:
            if self.away_at and time() > self.away_at:
                # Taken ill: the page is closed, and what they hold waits until somebody notices.
                self.tally.note("away", who=self.card["user"])
                break
            if self.closed.is_set():
                await asyncio.sleep(0.5)
                continue
            try:
                await self.one_answer()
            except Broken:
                self.tally.counts["turns cut short"] += 1
                await asyncio.sleep(1)
            finally:
                if self.thread:
                    self.thread.close()
                    self.thread = None
        self.stop()

    async def one_answer(self) -> None:
        page = await self.watching(
            "inbox", "/pro/conversations/", "/pro/conversations/liste?voir=ouvertes&page=1", self.dice.uniform(0.5, 2)
        )
        wanted = self.choose(page) or self.choose(await self.visitor.ask("inbox", "/pro/conversations/?voir=miennes"))
        if wanted is None:
            self.tally.counts["nobody to answer"] += 1
            await asyncio.sleep(self.dice.uniform(1, 3))
            return
        page = await self.open(wanted)
        if "data-take" in page.text:
            page = await self.take(wanted)
            if page is None:
                return
        base = f"/pro/conversations/{wanted}"
        if f'action="{base}/alarme"' in page.text:
            said = page.form("/alarme") | {"verdict": "true", "reason": ""}
            await self.visitor.ask("desk: alarm seen", f"{base}/alarme", said, expect=(302,))
            self.tally.counts["alarms seen"] += 1
            page = await self.open(wanted)
        if f'action="{base}/repondre"' in page.text and WAITS.search(page.text):
            await self.reply(wanted, page)
        await self.after(wanted, page)

    def choose(self, page: Answer) -> str | None:
        """By deadline, as the list is: the first that is mine, or one of the first few that nobody holds nor reads."""
        found = []
        for kind, pk, whose, marks in ROW.findall(page.text):
            waits = any(word in kind for word in ("waiting", "soon", "late", "alarm"))
            if waits and html.unescape(whose).strip().startswith(self.card["name"]):
                return self.dice.choice(found) if found else pk
            if waits and "à prendre" in whose and " lit<" not in marks and " écrit<" not in marks:
                found.append(pk)
        # Twenty people who all took the very first would meet at every turn.
        return self.dice.choice(found[:FEW]) if found else None

    async def open(self, pk: str) -> Answer:
        page = self.see(await self.visitor.ask("desk", f"/pro/conversations/{pk}/"))
        if self.thread:
            self.thread.close()
        if not (shown := re.search(r'data-last="(\d+)"', page.text)):
            # Somebody took it between the list and the page, which now asks why one reads a colleague's file.
            self.tally.counts["opened too late"] += 1
            raise Broken("why")
        self.conversation = pk
        self.start(self.say_here)
        self.thread = await Thread(self.visitor, "staff", pk, int(shown[1])).open()
        return page

    async def take(self, pk: str) -> Answer | None:
        """Take in hand; None when somebody was faster."""
        await self.visitor.ask(
            "desk: claim", f"/pro/conversations/{pk}/prendre", {"csrfmiddlewaretoken": self.token}, expect=(302,)
        )
        page = await self.open(pk)
        if f'action="/pro/conversations/{pk}/rendre"' in page.text:
            self.tally.counts["claimed"] += 1
            return page
        self.tally.counts["claims lost"] += 1
        return None

    async def reply(self, pk: str, page: Answer) -> None:
        body = self.dice.choice(WORDS)
        if self.dice.random() < 0.3 and (
            ready := [html.unescape(text) for text in re.findall(r'data-text="([^"]+)"', page.text) if "[" not in text]
        ):
            body = self.dice.choice(ready)
            self.tally.counts["ready answers"] += 1
        token = f"s{next(written):x}"
        body, fields = f"{body} [{token}]", page.form("/repondre")
        await asyncio.sleep(self.dice.uniform(*self.pace) / 2)
        await self.visitor.ask(
            "desk: draft", f"/pro/conversations/{pk}/brouillon", fields | {"body": body[:20]}, expect=(204,)
        )
        await asyncio.sleep(self.dice.uniform(*self.pace) / 2)
        sent = time()
        answer = await self.visitor.ask(
            "desk: answer",
            f"/pro/conversations/{pk}/repondre",
            fields | {"body": body},
            Accept="application/json",
            expect=(200, 404, 422),
        )
        if answer.status != 200:
            # Erased by the person, or passed on by the supervisor, while one typed.
            self.tally.counts[f"answers refused ({answer.status})"] += 1
            raise Broken("refused")
        self.accepted(pk, json.loads(answer.text)["seq"], token, sent)
        await self.visitor.ask(
            "desk: news", f"/pro/conversations/{pk}/suite?apres={self.thread.stream.last}", expect=(200, 404)
        )

    def accepted(self, pk: str, seq: int, token: str, sent: float) -> None:
        self.tally.counts["staff"] += 1
        self.tally.note(
            "accepted", conversation=pk, seq=seq, side="staff", token=token, sent=sent, who=self.card["user"]
        )

    async def after(self, pk: str, page: Answer) -> None:
        """Now and then a note, a handover, the end; else a moment on the page, in case they answer at once."""
        dice, base = self.dice, f"/pro/conversations/{pk}"
        chance = dice.random()
        if chance < 0.06:
            fields = page.form("/note") | {"body": NOTE}
            await self.visitor.ask("desk: note", f"{base}/note", fields, expect=(302, 404))
            self.tally.counts["notes"] += 1
        elif chance < 0.09:
            await self.hand_over(pk)
        elif chance < 0.15:
            await self.close(pk)
        else:
            await asyncio.sleep(dice.uniform(0.5, 4))

    async def hand_over(self, pk: str) -> None:
        path = f"/pro/conversations/{pk}/relais"
        page = await self.visitor.ask("desk: handover page", f"{path}?commune=45200", expect=(200, 404))
        structures = re.findall(r'name="structure" value="([^"]+)"', page.text)
        if not structures:
            self.tally.counts["no structure to hand over to"] += 1
            return
        fields = page.form("")
        fields |= {
            "structure": structures[0],
            "mode": "letter",
            "partner_email": "accueil@exemple.invalid",
            "summary": SUMMARY,
        }
        sent = time()
        done = await self.visitor.ask("desk: handover", f"{path}?commune=45200", fields, expect=(302, 404, 422))
        if done.status == 302:
            page = await self.open(pk)
            seq = max(
                int(found) for found in re.findall(r'data-seq="(\d+)">(?:(?!data-seq).)*Proposition à', page.text, re.S)
            )
            self.accepted(pk, seq, "", sent)
            self.tally.counts["handed over"] += 1
        else:
            self.tally.counts[f"handovers refused ({done.status})"] += 1

    async def close(self, pk: str) -> None:
        """The outcome first, then the end. Refused when the person has just written again."""
        base = f"/pro/conversations/{pk}"
        page = await self.visitor.ask("desk: follow page", f"{base}/suivi", expect=(200, 404))
        if page.status == 200 and self.dice.random() < 0.5:
            fields = {"csrfmiddlewaretoken": self.token, "action": "outcome", "outcome": "support", "milestone": "0"}
            await self.visitor.ask("desk: outcome", f"{base}/suivi", fields, expect=(302, 404))
            self.tally.counts["outcomes"] += 1
        await self.visitor.ask(
            "desk: close", f"{base}/terminer", {"csrfmiddlewaretoken": self.token}, expect=(302, 404)
        )
        self.tally.counts["closed"] += 1


class Supervisor(Colleague):
    """At the wall all evening. `plan`: seconds from the epoch of {"close", "open", "give"}; `giver`: whose load is given."""

    async def work(self, until: float, plan: dict[str, float], giver: dict, closed: asyncio.Event) -> None:
        self.start(self.beat)
        steps = sorted((at, name) for name, at in plan.items() if at < until)
        for at, name in [*steps, (until, "")]:
            while time() < at:
                try:
                    await self.watching("wall", "/pro/ligne/", "/pro/ligne/chiffres", min(at - time(), 60), every=10)
                except Broken:
                    await asyncio.sleep(1)
            if name == "close":
                closed.set()
                await self.force("closed", "Panne de téléphone, on revient vite.")
            elif name == "open":
                await self.force("open", "")
                closed.clear()
            elif name == "give":
                await self.give(giver)
        self.stop()

    async def force(self, state: str, message: str) -> None:
        path = f"/pro/ligne/{self.cast['line']}/ouverture"
        fields = (await self.visitor.ask("wall: line page", path)).form("") | {
            "state": state,
            "minutes": "240",
            "message": message,
        }
        sent = time()
        await self.visitor.ask("wall: line forced", path, fields, expect=(302,))
        self.tally.note("forced", state=state, sent=sent)

    async def give(self, giver: dict) -> None:
        """What somebody held goes to the colleague who sits beside."""
        path = f"/pro/ligne/charge/{giver['user']}"
        page = await self.visitor.ask("wall: load page", path)
        to = next(card["user"] for card in self.cast["mediators"] if card["user"] != giver["user"])
        fields = page.form("") | {"to": f"person:{to}", "reason": "souffrante, rentrée chez elle"}
        await self.visitor.ask("wall: load given", path, fields, expect=(302,))
        self.tally.note("given", giver=giver["user"], to=to)
