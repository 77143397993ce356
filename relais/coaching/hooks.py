"""What apps above add to a conversation: each registers it in its `conversations.py`, and the line knows none of them.

    @panel(ASIDE, "handovers/_desk.html")
    def relays(conversation, now):
        return {"handovers": …}

    @keeps_on_line
    def running(held):
        return "Une orientation est en cours : …" if … else ""

Functions run on the page or in the transaction that asks; they read, and write nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.db.models import Q, QuerySet

from .models import Conversation, Message

FILE = "conversations"
"""The fixed name of the file in which an app registers."""


# --- the desk


ACTIONS, PATH, ASIDE = "actions", "path", "aside"
"""Places of the desk: the first button, the end of the person's way here, what stands between their situation and the notes."""
_panels: dict[str, list[tuple[str, Callable[[Conversation, datetime], dict]]]] = defaultdict(list)


@dataclass(frozen=True)
class Panel:
    """A part of the desk; `template` is given `conversation`, what the page knows, and its own values as `panel.values`."""

    template: str
    values: dict


def panel(place: str, template: str):
    """Register `values(conversation, now)` of a part of the desk."""

    def register(function):
        _panels[place].append((template, function))
        return function

    return register


def panels(conversation: Conversation, now: datetime) -> dict[str, list[Panel]]:
    return {
        place: [Panel(template, values(conversation, now)) for template, values in _panels[place]]
        for place in (ACTIONS, PATH, ASIDE)
    }


# --- the person's page


@dataclass(frozen=True)
class Next:
    """Something that waits for the person, or is coming: a sentence, where it leads, and the verb of the button."""

    text: str
    address: str
    verb: str


_coming: list[Callable[[Conversation, datetime], Iterable[Next]]] = []


def coming(function):
    """Register `what(conversation, now)`: what the person has to decide, and what comes next."""
    _coming.append(function)
    return function


def next_steps(conversation: Conversation, now: datetime) -> list[Next]:
    return [one for function in _coming for one in function(conversation, now)]


# --- messages that are about something


@dataclass(frozen=True)
class Below:
    """What is said under a message: a sentence, the page it leads to if any, and whether that is the thing to do now."""

    words: str
    address: str = ""
    is_to_do: bool = False


class Topic(Protocol):
    def below(self, message: Message, side: str) -> Below | None:
        """What `side` (« young » or « staff ») reads under this message."""


_topics: list[Callable[[set[UUID]], dict[UUID, Topic]]] = []


def topics(function):
    """Register `known(ids)`: of the `Message.topic` among `ids`, those that this app knows. One query."""
    _topics.append(function)
    return function


def tell_topics(messages: list[Message]) -> list[Message]:
    """The same messages, each with what it is `about`. No query where none is about anything."""
    wanted = {message.topic for message in messages if message.topic}
    known = {}
    for function in _topics if wanted else ():
        known |= function(wanted)
    for message in messages:
        message.about = known.get(message.topic)
    return messages


# --- what ties a conversation to its team, or to itself


_keeps_on_line: list[Callable[[Conversation], str]] = []
_keeps_apart: list[Callable[[Conversation], str]] = []


def keeps_on_line(function):
    """Register `why(conversation)`: what its team must finish before another line may have it; '' when nothing."""
    _keeps_on_line.append(function)
    return function


def keeps_apart(function):
    """Register `why(conversation)`: why it may not end in another one of the same person; '' when it may. What it had follows at
    `ConversationMerged`, to which an app subscribes."""
    _keeps_apart.append(function)
    return function


def kept_on_line(conversation: Conversation) -> str:
    return next((why for function in _keeps_on_line if (why := function(conversation))), "")


def kept_apart(conversation: Conversation) -> str:
    return next((why for function in _keeps_apart if (why := function(conversation))), "")


# --- what is known of a person elsewhere


_reached: list[Callable[[], QuerySet]] = []
_at_work: list[Callable[[set[str]], Iterable[str]]] = []
_names: list[Callable[[Conversation], Iterable[UUID]]] = []


def reaches(function):
    """Register `conversations()`: the numbers of those whose person left an address for later: kept for as long as those who wrote by a channel."""
    _reached.append(function)
    return function


def reached() -> Q:
    found = Q()
    for function in _reached:
        found |= Q(pk__in=function())
    return found


def works_at(function):
    """Register `known(addresses)`: those among them of somebody whose work it is, which are no secret to who decides about letters."""
    _at_work.append(function)
    return function


def at_work(addresses: set[str]) -> set[str]:
    return {address for function in _at_work for address in function(addresses)}


def names(function):
    """Register `subjects(conversation)`: what else is opened and noted about its person, beside the conversation itself."""
    _names.append(function)
    return function


def subjects(conversation: Conversation) -> list[UUID]:
    return [name for function in _names for name in function(conversation)]
