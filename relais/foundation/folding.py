"""Letters as a search compares them."""

import unicodedata


def fold(text: str) -> str:
    """Small letters without accents, ligatures opened, the apostrophe of a keyboard: « Cœur d’Été » gives « coeur d'ete »."""
    opened = text.casefold().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    return "".join(sign for sign in unicodedata.normalize("NFKD", opened) if not unicodedata.combining(sign))
