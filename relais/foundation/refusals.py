"""Why a use case says no, and the ways in which a page says it.

A use case raises a kind of `Refusal`; its text is the sentence for the screen, which says what to do. A view does not catch it: it calls
the use case inside `on(form)` or `told(request)`, or under `shown(template)` or `as_json`. What none of them took is answered by
`foundation.middleware.PlainErrors`, with the sentence and the status of its kind.

An app makes a kind of its own only where a caller has to tell it apart, or where it carries more than its sentence.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import render


class Refusal(Exception):
    """Base of all; what is raised is one of its kinds. `status`: of the answer, where there is no form to show again."""

    status = 422

    def facts(self) -> dict:
        """What a program is told beside the sentence."""
        return {}


class NotAcceptable(Refusal):
    """What was typed, chosen or sent cannot be taken as it is."""


class NotAllowed(Refusal):
    """It is not for this person to do that, here."""

    status = 403


class SecondPersonNeeded(NotAllowed):
    """Whoever did the first step does not do the second."""


class WrongState(Refusal):
    """The thing has moved on since the page was shown, or does not go there from where it is."""

    status = 409


class ChangedMeanwhile(WrongState):
    """Somebody else has changed it since the page was shown."""


class AlreadyDecided(WrongState):
    """Somebody has decided since the page was shown."""


class AlreadyThere(Refusal):
    """One like it, or this very thing, is there already."""

    status = 409


class Full(Refusal):
    """There is no room left."""

    status = 409


class Gone(Refusal):
    """It is not, or no longer, there for who asks."""

    status = 404


class LinkOver(Gone):
    """A link that opens nothing: over, used, taken back or never made. Which of them is not said (see `links`)."""


class TooOften(Refusal):
    """Too many in too short a time."""

    status = 429


@dataclass
class Heard:
    """`refusal`: what was said inside the block; None when nothing was."""

    refusal: Refusal | None = None


@contextmanager
def kept():
    """A refusal inside the block ends it and is kept, for a page that shows it in a way of its own."""
    heard = Heard()
    try:
        yield heard
    except Refusal as refusal:
        heard.refusal = refusal


@contextmanager
def on(form, field: str | None = None):
    """A refusal inside the block becomes an error of `form` (of its `field`), which is then shown again with what was typed."""
    with kept() as heard:
        yield heard
    form.refusal = heard.refusal
    if heard.refusal:
        form.add_error(field, str(heard.refusal))


def status(form) -> int:
    """Of the page that shows `form` (again): what somebody else has changed meanwhile is no fault of what was typed."""
    if isinstance(getattr(form, "refusal", None), ChangedMeanwhile):
        return ChangedMeanwhile.status
    return 422 if form.errors else 200


@contextmanager
def told(request):
    """A refusal inside the block becomes a message of the next page."""
    with kept() as heard:
        yield heard
    if heard.refusal:
        messages.warning(request, str(heard.refusal))


def sentence(form) -> str:
    """All that a form refuses, in a row: for a page that shows it without the form, or for a program."""
    return " ".join(error for errors in form.errors.values() for error in errors)


def shown(template: str):
    """Decorator of a view: what it refuses is answered by `template`, which is given the `sentence`."""

    def decorate(view):
        @wraps(view)
        def answered(request, *args, **kwargs):
            try:
                return view(request, *args, **kwargs)
            except Refusal as refusal:
                return render(request, template, {"sentence": str(refusal)}, status=refusal.status)

        return answered

    return decorate


def as_json(view):
    """Decorator of a view that a program calls: what it refuses is {"error": a sentence}, and the facts of its kind."""

    @wraps(view)
    def answered(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return in_json(refusal)

    return answered


def wants_json(request) -> bool:
    """Whether a program asks, which shows a sentence in a way of its own."""
    return request.path_info.startswith("/api/") or request.headers.get("accept", "").startswith("application/json")


def in_json(refusal: Refusal) -> JsonResponse:
    return JsonResponse({"error": str(refusal)} | refusal.facts(), status=refusal.status)
