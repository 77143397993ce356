"""One SMS is 160 septets of the GSM alphabet (3GPP TS 23.038). One letter outside it, an « ê » or a « ’ », and it is 70 letters.

An SMS may be read by anybody who holds the telephone: it says that there is a message, never what about.
"""

import re
import unicodedata

from relais.foundation.folding import fold

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€")
"""Each counts for two septets."""
LONGEST = 160
# Replaced without asking: nobody reads another word.
SAFE = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "…": "...",
        "–": "-",
        "—": "-",
        "‑": "-",
        "•": "-",
        "−": "-",
        "×": "x",
    }
    | {
        "œ": "oe",
        "Œ": "OE",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u200b": "",
        "\u200d": "",
        "\ufe0f": "",
        "\t": " ",
    }
)
# Words that would tell whoever reads over a shoulder what a young person talks about, or with whom.
SENSITIVE = (
    "mission locale",
    "france travail",
    "pole emploi",
    "aide sociale",
    "foyer",
    "juge",
    "police",
    "justice",
    "prison",
    "avocat",
    "suicid",
    "mourir",
    "deprim",
    "depress",
    "angoiss",
    "scarifi",
    "psy",
    "psycho",
    "psychi",
    "addict",
    "drogue",
    "cannabis",
    "alcool",
    "medecin",
    "hopital",
    "enceinte",
    "grossesse",
    "ivg",
    "avortement",
    "contracepti",
    "viol",
    "violee",
    "violer",
    "violence",
    "harcel",
    "agress",
    "frapp",
    "danger",
    "abus",
    "abuse",
    "maltrait",
    "homosexuel",
    "gay",
    "lesbien",
    "trans",
    "coming out",
    "religion",
    "handicap",
    "rsa",
    "dette",
    "sans abri",
    "sdf",
    "hebergement",
    "fugue",
    "119",
    "3114",
    "3018",
    "3919",
    "decroch",
    "echec",
    "maladie",
    "sante",
    "sexe",
    "sexuel",
)
_WHOLE = {"viol", "trans", "gay", "rsa", "sdf", "ivg", "psy", "abus", "juge", "sante", "sexe"}


class TooLong(ValueError):
    """More than one SMS, once everything that could be was replaced."""


class TooTelling(ValueError):
    """A word that has no place in an SMS."""


def septets(text: str) -> int:
    """The length of `text` in septets. Raises ValueError on a letter outside the alphabet."""
    if strange := set(text) - BASIC - EXTENDED:
        raise ValueError(f"Not in the GSM alphabet: {' '.join(sorted(strange))}")
    return len(text) + sum(letter in EXTENDED for letter in text)


def replaced(text: str) -> str:
    """`text` in the GSM alphabet: quotes and spaces made plain, « ê » read as « e » and « ç » as « c », the rest left out."""
    plain = re.sub(r"«\s*|\s*»", '"', text).translate(SAFE)
    return "".join(letter if letter in BASIC or letter in EXTENDED else _base(letter) for letter in plain)


def _base(letter: str) -> str:
    """The letter without its accent, when the alphabet has that one; otherwise nothing."""
    return "".join(one for one in unicodedata.normalize("NFKD", letter) if one in BASIC or one in EXTENDED)


def proposals(text: str) -> dict[str, str]:
    """The letters of `text` that will lose their accent, or disappear, to stay in one SMS: shown to who writes it."""
    plain = re.sub(r"«\s*|\s*»", '"', text).translate(SAFE)
    return {letter: _base(letter) for letter in plain if letter not in BASIC and letter not in EXTENDED}


def sensitive(text: str) -> list[str]:
    """The sensitive words in `text`, whatever its accents and capitals."""
    flat = fold(text)
    return [
        word
        for word in SENSITIVE
        if re.search(rf"\b{word}" + (r"s?\b" if word in _WHOLE or word.isdigit() else ""), flat)
    ]


def one_segment(text: str) -> str:
    """`text` as it leaves, in one SMS. Raises `TooLong` beyond 160 septets, `TooTelling` on a sensitive word."""
    if words := sensitive(text):
        raise TooTelling(f"Ces mots n’ont pas leur place dans un SMS : {', '.join(words)}.")
    plain = " ".join(replaced(text).split(" ")).strip()
    if (length := septets(plain)) > LONGEST:
        raise TooLong(f"Ce SMS fait {length} signes, la limite est de {LONGEST}.")
    return plain
