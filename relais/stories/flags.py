"""What is set apart in a text before anybody reads it in public: signs of danger, and what would tell who somebody is."""

import unicodedata
from dataclasses import dataclass

from relais.foundation import signs
from relais.foundation.signs import Sign
from relais.foundation.signs.personal_data import MASKS

DANGERS = {
    "suicide": "idées de suicide",
    "self-harm": "automutilation",
    "violence": "violences",
    "sexual-violence": "violences sexuelles",
    "abuse-at-home": "danger à la maison",
    "no-shelter": "sans abri",
    "harassment": "harcèlement",
    "coercion": "contrainte, prostitution",
    "eating": "trouble alimentaire",
    "medical": "urgence médicale",
    "threat": "menace",
    "child": "enfant en danger",
}
PERSONAL = {
    "phone": "téléphone",
    "email": "adresse e-mail",
    "handle": "compte de réseau",
    "address": "adresse",
    "name": "nom de famille",
    "school": "établissement scolaire",
    "url": "lien",
    "nir": "numéro de sécurité sociale",
}
# They turn a line of text around, so that a reader does not see what is written.
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True)
class Flag:
    """`what` in words, and what stands in the text."""

    what: str
    found: str
    is_danger: bool


def tidy(text: str) -> str:
    """What somebody typed, without the characters that nobody sees; lines kept, at most one empty between two."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))
    text = "".join(one for one in text if one == "\n" or (unicodedata.category(one) != "Cc" and one not in TURNING))
    lines: list[str] = []
    for line in (line.strip() for line in text.strip().split("\n")):
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip()


def flags(text: str) -> list[Flag]:
    """Everything to look at, dangers first."""
    return [Flag(*_said(sign), sign.kind in DANGERS) for sign in sorted(_signs(text), key=lambda sign: (sign.kind not in DANGERS, sign.start))]


def masked(text: str) -> str:
    """What is proposed to appear: what would tell who somebody is, replaced."""
    return signs.masked(text, signs.personal(text))


def marked(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with what it was flagged for ('' for most)."""
    pieces, done = [], 0
    for sign in sorted(_signs(text), key=lambda sign: (sign.start, -sign.end)):
        if sign.start < done:
            continue
        pieces += [(text[done : sign.start], ""), (text[sign.start : sign.end], _said(sign)[0])]
        done = sign.end
    return [piece for piece in [*pieces, (text[done:], "")] if piece[0]]


def _signs(text: str) -> list[Sign]:
    # « mon snap : [compte masqué] » must not be read as an account called « compte ».
    bare = text
    for mask in MASKS.values():
        bare = bare.replace(mask, "." * len(mask))
    return [*signs.danger(text), *signs.personal(bare)]


def _said(sign: Sign) -> tuple[str, str]:
    return (DANGERS | PERSONAL).get(sign.kind, sign.kind), sign.found
