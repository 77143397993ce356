"""The networks where a story is shown: what each knows how to do, and one turn of reading the comments there.

Transport only. A network is on when its token is set; who wrote a comment never leaves the folder of the network.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from relais.foundation import claims
from relais.foundation.outbox import PermanentError, TemporaryError, transport

from . import http
from .models import NetworkAccount

log = logging.getLogger(__name__)
EVERY = timedelta(minutes=5)
"""Between two readings of one account."""
FIRST = timedelta(days=7)
"""How far back the first reading of an account goes."""
OVERLAP = timedelta(days=2)
"""Read again at each turn: networks let a comment appear hours after it was written, and replies come below older ones."""
FARTHEST = timedelta(days=30)
"""How far back a reading goes when those before have failed."""
LONGEST_NAME = 200
PAGES = 50
"""Pages of one list, at most, in one turn."""
SAID_NO = (429,)
"""All that proves that a reply was not published. Networks have answered 500 to what they had taken."""


class TokenRefused(PermanentError):
    """The token is over or was taken back: somebody must set a new one."""


class Unreadable(TemporaryError):
    """An answer, or one comment in it, has not the shape that the network documents."""


class Gone(PermanentError):
    """The comment is not there any more."""


@dataclass(frozen=True)
class Place:
    """Where a comment is. `address`: its publication, as it was given; `to`: the comment that a reply goes below.

    That is its parent when it is itself a reply: networks are one level deep.
    """

    id: str
    address: str
    to: str


@dataclass(frozen=True)
class Comment(Place):
    """What was written there, without who wrote it."""

    text: str
    at: datetime

    def __post_init__(self):
        if not 0 < len(self.id) <= LONGEST_NAME or not 0 < len(self.to) <= LONGEST_NAME:
            raise ValueError("A comment that cannot be named.")


class Network(ABC):
    """What a network must do. `name` is that of `stories.Channel`; `account` ours there, '' when it is not set."""

    name: str
    title: str
    reply_length: int
    """Characters of a reply."""
    hides = True
    """Whether a comment can be hidden there without being deleted."""
    account: str = ""

    @abstractmethod
    def publication(self, address: str) -> str:
        """What names the publication in its address, or '' when nothing does."""

    @abstractmethod
    def fetch(self, addresses: Sequence[str], since: datetime) -> Iterator[Comment]:
        """The comments written since, by others than us, below the publications at `addresses`; some older ones may come too.

        Raises TemporaryError (or Busy), TokenRefused, PermanentError; Unreadable once all that can be read was given.
        """

    @abstractmethod
    def missing(self, places: Sequence[Place]) -> set[str]:
        """The ids of those that the network says are not there; what it cannot say is not missing. Raises as `fetch`."""

    @abstractmethod
    def reply(self, *, to: str, address: str, text: str) -> None:
        """Publish `text` below the comment. Raises as `http.call`, and Gone."""

    @abstractmethod
    def hide(self, *, comment: str, address: str) -> None:
        """Hide the comment from others; twice is once. Raises as `http.call`, and Gone."""


_networks: dict[str, Network] = {}


def network(kind: type[Network]) -> type[Network]:
    """Decorator: makes a network known, with its place in the outbox."""
    one = _networks[kind.name] = kind()

    @transport(one.name)
    def send(payload: dict) -> None:
        """Payload: `do` (reply, hide), `comment` and `address`; `text` of a reply. `to` and `subject` are for who reads the row."""
        if not one.account:
            raise PermanentError(f"{one.title} n’est pas relié à ce site : aucun jeton n’est réglé.")
        if payload["do"] == "hide":
            try:
                one.hide(comment=payload["comment"], address=payload["address"])
            except http.Unsure as error:
                # Hidden twice is hidden once: what nobody knows is simply done again.
                raise TemporaryError(str(error)) from error
        else:
            one.reply(to=payload["comment"], address=payload["address"], text=payload["text"])

    return kind


def every() -> list[Network]:
    return sorted(_networks.values(), key=lambda one: one.name)


def named(name: str) -> Network | None:
    return _networks.get(name)


def turn(one: Network, work: Callable[[datetime], object], *, now: datetime) -> bool:
    """Run `work(since)` when the account of `one` is due, and write down how it went. False when it is not due.

    The row says when it is next due before anything is asked: two workers read it once.
    """
    row, _ = NetworkAccount.objects.get_or_create(network=one.name, account=one.account, defaults={"next_at": now})

    def take(account: NetworkAccount) -> None:
        account.next_at = now + EVERY
        account.save(update_fields=["next_at"])

    if not claims.first(NetworkAccount.objects.filter(pk=row.pk, next_at__lte=now), take):
        return False
    try:
        work(max(row.read_until - OVERLAP, now - FARTHEST) if row.read_until else now - FIRST)
    except (TemporaryError, PermanentError) as error:
        log.warning("The comments of %s could not all be read: %s", one.name, error)
        wait = max(EVERY, getattr(error, "after", EVERY))
        NetworkAccount.objects.filter(pk=row.pk).update(error=str(error)[:300], failed_at=now, next_at=now + wait)
    else:
        NetworkAccount.objects.filter(pk=row.pk).update(error="", read_at=now, read_until=now)
    return True


# --- for the networks themselves


def asked(ask: Callable[[], http.Answer], who: str) -> http.Answer:
    """For what changes nothing over there: silence only means « later »."""
    try:
        return ask()
    except http.Unsure as error:
        raise TemporaryError(f"{who} n’a pas répondu.") from error


def decoded(body: bytes, shape, who: str):
    """`body` as msgspec reads `shape`. Raises Unreadable."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unreadable(f"{who} a répondu sous une forme inattendue.") from error


def readable(rows: Iterable, make: Callable, problems: list) -> Iterator:
    """make(row) of each; what cannot be made is put in `problems`, so that one row hides no other."""
    for row in rows:
        try:
            yield make(row)
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            problems.append(error)


def publications(one: Network, addresses: Sequence[str], problems: list) -> dict[str, str]:
    """What names each publication → its address; the addresses that name none are a problem to tell."""
    found = {one.publication(address): address for address in addresses}
    if stray := found.pop("", ""):
        problems.append(PermanentError(f"Cette adresse ne désigne pas une publication sur {one.title} : {stray}"))
    return found


def complain(problems: list, who: str) -> None:
    """Once all that could be read was given: raise what is worth telling."""
    for problem in problems:
        if isinstance(problem, TemporaryError | PermanentError):
            raise problem
    if problems:
        raise Unreadable(f"{len(problems)} commentaire(s) de {who} n’ont pas pu être lus : leur forme est inattendue.") from problems[0]


def instant(text: str) -> datetime:
    """« 2026-11-22T10:00:00+0000 » and its like. Raises ValueError, also when the zone is not said."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"No zone in {text!r}.")
    return at
