"""The networks where a story is shown: what each knows how to do by one account, and one turn of reading the comments there.

Transport only. Each account is of an organisation or of the installation (`accounts`); who wrote a comment never leaves the folder of the network.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import msgspec
from django.db import InterfaceError, OperationalError

from relais.foundation import claims, loops, web
from relais.foundation.outbox import PermanentError, TemporaryError, transport

from . import accounts, readings
from .models import AccountReading, ChannelAccount

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


SET_ANOTHER = "demandez un compte avec le nouveau jeton sur la page « Réseaux et messageries »."
"""Ends what is said of a token that is over."""


class Unreadable(TemporaryError):
    """An answer, or one comment in it, has not the shape that the network documents."""


class OfOnePublication(PermanentError):
    """What is wrong with one publication only. `what` says it without its address, which is of the organisation that noted it and of no other."""

    def __init__(self, what: str, address: str):
        super().__init__(f"{what} : {address}")
        self.what = what


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
    """What a network must do, by one account. `name` is that of `stories.Channel`; `values`: `account`, our number there, and what else it asks for;
    `owner`: the organisation whose account it is, None for that of the installation."""

    name: str
    title: str
    reply_length: int
    """Characters of a reply."""
    hides = True
    """Whether a comment can be hidden there without being deleted."""

    def __init__(self, values: dict, owner: UUID | None = None):
        self.values, self.owner = values, owner

    @property
    def account(self) -> str:
        return self.values["account"]

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
        """Publish `text` below the comment. Raises as `web.call`, and Gone."""

    def try_out(self) -> None:
        """Ask for what changes nothing, so that a wrong token is seen. Raises as `fetch`."""
        raise PermanentError(f"{self.title} ne s’essaie pas.")

    @abstractmethod
    def hide(self, *, comment: str, address: str) -> None:
        """Hide the comment from others; twice is once. Raises as `web.call`, and Gone."""


_kinds: dict[str, type[Network]] = {}


def network(kind: type[Network]) -> type[Network]:
    """Decorator: makes a network known, with its place in the outbox."""
    _kinds[kind.name] = kind
    transport(kind.name)(partial(_send, kind))
    return kind


def _send(kind: type[Network], payload: dict) -> None:
    """Payload: `do` (reply, hide), `comment` and `address`; `text` of a reply; `account`, our number there. `to` and `subject` are for who reads the
    row. Or `do` « try » and the number of a row of `ChannelAccount` as `account`: nothing changes over there."""
    if payload["do"] == "try":
        account = ChannelAccount.objects.filter(
            pk=payload["account"], channel=kind.name, owner=payload["owner"]
        ).first()
        if account is None:
            raise PermanentError("Ce compte n’est plus là.")
        return kind(account.values, account.owner).try_out()
    one = _leaving(kind.name, payload)
    if one is None:
        raise PermanentError(f"Le compte {kind.title} par lequel ce message devait partir n’est plus relié à ce site.")
    if payload["do"] == "hide":
        try:
            one.hide(comment=payload["comment"], address=payload["address"])
        except web.Unsure as error:
            # Hidden twice is hidden once: what nobody knows is simply done again.
            raise TemporaryError(str(error)) from error
    else:
        one.reply(to=payload["comment"], address=payload["address"], text=payload["text"])


def _leaving(name: str, payload: dict) -> Network | None:
    number = payload.get("account")
    # A row of an earlier version of the program bears no number: there was one account, of the installation.
    return at(name, payload["owner"], number) if number else serving(name, None)


def kinds() -> list[type[Network]]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def kind_of(name: str) -> type[Network] | None:
    return _kinds.get(name)


def each(kind: type[Network]) -> Iterator[Network]:
    """One for each account in service."""
    return (kind(one.values, one.owner) for one in accounts.each(kind.name))


def serving(name: str, owner: UUID | None) -> Network | None:
    """The account by which what `owner` publishes is read there; None: there is none."""
    found = accounts.serving(name, owner) if name in _kinds else None
    return _kinds[name](found.values, found.owner) if found else None


def at(name: str, owner: UUID | None, number: str) -> Network | None:
    """The account of this number, of the organisation or of the installation: by which a comment came, and what is said below it leaves."""
    if name not in _kinds:
        return None
    for whose in dict.fromkeys((owner, None)):
        found = accounts.of(name, whose)
        if found and found.values["account"] == number:
            return _kinds[name](found.values, found.owner)
    return None


def turn(one: Network, work: Callable[[datetime], object], *, now: datetime) -> bool:
    """Run `work(since)` when the account of `one` is due, and write down how it went. False when it is not due.

    The row says when it is next due before anything is asked: two workers read it once.
    """
    row, _ = AccountReading.objects.get_or_create(
        channel=one.name, owner=one.owner, account=one.account, defaults={"next_at": now}
    )

    def take(account: AccountReading) -> None:
        account.next_at = now + EVERY
        account.save(update_fields=["next_at"])

    if not claims.first(AccountReading.objects.filter(pk=row.pk, next_at__lte=now), take):
        return False
    try:
        work(max(row.read_until - OVERLAP, now - FARTHEST) if row.read_until else now - FIRST)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Whatever it is, it stands with this account: it holds back no other, and says nothing of the loop.
        log.warning(
            "The comments of the account %s of %s could not all be read: %s", row.pk, one.name, type(error).__name__
        )
        wait = max(EVERY, getattr(error, "after", EVERY))
        # The account of the installation is shown to all whom it serves.
        is_shared = one.owner is None
        told = error.what if is_shared and isinstance(error, OfOnePublication) else readings.said(error)
        AccountReading.objects.filter(pk=row.pk).update(error=told[:300], failed_at=now, next_at=now + wait)
    else:
        AccountReading.objects.filter(pk=row.pk).update(error="", read_at=now, read_until=now)
    loops.beat()
    return True


# --- for the networks themselves


def asked(ask: Callable[[], web.Answer], who: str) -> web.Answer:
    """For what changes nothing over there: silence only means « later »."""
    try:
        return ask()
    except web.Unsure as error:
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
        problems.append(OfOnePublication(f"Une adresse notée ne désigne pas une publication sur {one.title}", stray))
    return found


def complain(problems: list, who: str) -> None:
    """Once all that could be read was given: raise what is worth telling."""
    for problem in problems:
        if isinstance(problem, TemporaryError | PermanentError):
            raise problem
    if problems:
        raise Unreadable(
            f"{len(problems)} commentaire(s) de {who} n’ont pas pu être lus : leur forme est inattendue."
        ) from problems[0]


def instant(text: str) -> datetime:
    """« 2026-11-22T10:00:00+0000 » and its like. Raises ValueError, also when the zone is not said."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"No zone in {text!r}.")
    return at
