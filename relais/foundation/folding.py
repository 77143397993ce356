"""Letters as a search compares them, here and in the database."""

import unicodedata
from collections.abc import Callable

from django.db.models import F, Func, Q, TextField
from django.db.models.lookups import Contains

_MARKED = "àáâãäåçèéêëìíîïñòóôõöùúûüýÿÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝŸ’"
_PLAIN = "aaaaaaceeeeiiiinooooouuuuyyaaaaaaceeeeiiiinooooouuuuyy'"


def fold(text: str) -> str:
    """Small letters without accents, ligatures opened, the apostrophe of a keyboard: « Cœur d’Été » gives « coeur d'ete »."""
    opened = text.casefold().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return "".join(sign for sign in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(sign))


class Folded(Func):
    """The same of a column, for the letters of French; also the order of a dictionary, whatever the collation of the database."""

    output_field = TextField()
    template = f"TRANSLATE(REPLACE(REPLACE(REPLACE(REPLACE(LOWER(%(expressions)s), 'œ', 'oe'), 'Œ', 'oe'), 'æ', 'ae'), 'Æ', 'ae'), '{_MARKED}', '{_PLAIN.replace(chr(39), chr(39) * 2)}')"

    def __init__(self, name: str):
        super().__init__(F(name))


def words_in(text: str) -> list[str]:
    """What is sought: folded, without what is only punctuation."""
    return [word for word in fold(text).split() if any(sign.isalnum() for sign in word)]


def contains(*names: str) -> Callable[[str], Q]:
    """A word, folded, anywhere in one of these columns."""
    return lambda word: Q(*(Q(Contains(Folded(name), word)) for name in names), _connector=Q.OR)


def every(text: str, found: Callable[[str], Q]) -> Q:
    """Each word of `text` is found; of a text without a word, nothing is."""
    words = words_in(text)
    return Q(*(found(word) for word in words)) if words else Q(pk__in=[])
