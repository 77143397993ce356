"""How a name typed by a person meets a name written by an administration."""

import re

from relais.foundation import folding

_SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
ARTICLES = ("le", "la", "les", "l")


def fold(text: str) -> str:
    """Lower case, no accents, one space between words, « saint » for « st »: « St-Étienne » gives « saint etienne »."""
    return " ".join(_SHORT.get(word, word) for word in re.findall(r"[a-z0-9]+", folding.fold(text)))
