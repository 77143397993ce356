"""The one way to search: the index of this node, or PostgreSQL while there is none."""

import logging

import msgspec

from relais.foundation.typed import one_line

from ..models import Occupation
from . import database, snapshot_reader
from .query import PAGE, Answer, Question

log = logging.getLogger(__name__)


def search(question: Question) -> Answer:
    try:
        return snapshot_reader.answer(question)
    except snapshot_reader.NoIndex:
        return database.answer(question)
    except (ValueError, OSError, IndexError, msgspec.MsgspecError):
        # A file of the index is damaged: the worker builds it again (see `index.Keeper`), PostgreSQL answers meanwhile.
        log.exception("The search index cannot be read")
        return database.answer(question)


def occupations(text: str, limit: int = 100) -> list[Occupation]:
    """The occupation sheets among the results of `text`, in their order; at most `limit`. What has no sheet is left out."""
    asked, names, page = one_line(text), [], 0
    while asked and page * PAGE < limit:
        page += 1
        results = search(Question(asked, kind="occupation", page=page)).results
        names += [result.row.url.rpartition("/")[2] for result in results]
        if len(results) < PAGE:
            break
    sheets = Occupation.objects.active().in_bulk(names)
    return [sheets[name] for name in names if name in sheets][:limit]


def suggestions(text: str) -> list[str]:
    try:
        return snapshot_reader.suggestions(text)
    except snapshot_reader.NoIndex:
        return database.suggestions(text)


def is_indexed() -> bool:
    """Whether this node answers from its index. For the health page."""
    try:
        snapshot_reader.reader.snapshot()
    except snapshot_reader.NoIndex:
        return False
    return True
