"""A right that ends: a role taken away, an account closed, or stopped. Its streams end, and apps above put away what it leaves behind."""

from collections.abc import Callable

from relais.foundation import live

from .models import User

_heeding: list[Callable[[User], None]] = []


def heeds(function):
    """Decorator for a function that is told, in its transaction, of each person of whom a right has just ended."""
    _heeding.append(function)
    return function


def ended(user: User) -> None:
    """In the transaction in which it ends."""
    user.forget_roles()
    live.end_streams_of(user.pk)
    for heed in _heeding:
        heed(user)
