"""The one way to search: the index of this node, or PostgreSQL while there is none."""

import logging

import msgspec

from . import database, reader
from .asking import Answer, Question

log = logging.getLogger(__name__)


def search(question: Question) -> Answer:
    try:
        return reader.answer(question)
    except reader.NoIndex:
        return database.answer(question)
    except (ValueError, OSError, IndexError, msgspec.MsgspecError):
        # A file of the index is damaged: the worker builds it again (see `index.Keeper`), PostgreSQL answers meanwhile.
        log.exception("The search index cannot be read")
        return database.answer(question)


def suggestions(text: str) -> list[str]:
    try:
        return reader.suggestions(text)
    except reader.NoIndex:
        return database.suggestions(text)


def is_indexed() -> bool:
    """Whether this node answers from its index. For the health page."""
    try:
        reader.reader.snapshot()
    except reader.NoIndex:
        return False
    return True
