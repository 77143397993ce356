"""What the person wrote, without the letter they answer and without the signature of their telephone.

Prudent: when in doubt the text stays. A quote in the middle of an answer stays, so does a forwarded letter, and a letter
that would be left empty is kept whole.
"""

import re

# « Le ven. 20 nov. 2026 à 14:03, Relais <…> a écrit : ». A year is asked for, so that « Le prof a écrit : » is not one.
_WROTE = re.compile(r"^(Le|On)\b.{0,300}\b(19|20)\d\d\b.{0,300}\b(a écrit|wrote)\s*:$", re.DOTALL)
_ORIGINAL = re.compile(r"^[-_ ]*(message d['’]origine|original message)[-_ ]*$", re.IGNORECASE)
_FROM = re.compile(r"^\*?(De|From)\*?\s*:\s*\S.*$")
_THEN = re.compile(r"^\*?(Envoyé|Envoyé le|Date|Sent)\*?\s*:", re.IGNORECASE)
_FORWARDED = re.compile(r"(message transféré|forwarded message|début du message (réexpédié|transféré)|begin forwarded message)", re.IGNORECASE)
_PHONE = re.compile(
    r"^(envoyé (de|depuis|à partir de) |sent from my |télécharger outlook pour|obtenir outlook pour|get outlook for |provenance : courrier)",
    re.IGNORECASE,
)
SIGNATURE = 12
"""Lines after « -- » that may be a signature; more than that is text."""


def own_words(text: str) -> str:
    """`text` of a letter, without what it quotes and without its signature."""
    kept = _without_signature(_without_quote(text.split("\n")))
    return "\n".join(kept).strip() or text.strip()


def _without_quote(lines: list[str]) -> list[str]:
    for start, line in enumerate(lines):
        if _FORWARDED.search(line):
            return lines
        if length := _opens_quote(lines, start):
            return _before(lines, start, start + length)
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith(">")):
        end -= 1
    return lines[:end]


def _opens_quote(lines: list[str], start: int) -> int:
    """How many lines announce a quoted letter from `start`; 0 when none does."""
    line = lines[start].lstrip("> ").strip()
    if _ORIGINAL.match(line):
        return 1
    if _FROM.match(line) and any(_THEN.match(other.lstrip("> ").strip()) for other in lines[start + 1 : start + 3]):
        return 1
    # Mail programs fold the announcement over two or three lines.
    if line.startswith(("Le ", "On ")):
        for length in (1, 2, 3):
            if _WROTE.match(" ".join(other.lstrip("> ").strip() for other in lines[start : start + length])):
                return length
    return 0


def _before(lines: list[str], start: int, after: int) -> list[str]:
    """The lines without a quote announced at `start`. What is written below a quote marked with « > » is the answer, and stays."""
    rest = lines[after:]
    marked = next((line for line in rest if line.strip()), "").startswith(">")
    if not marked:
        return lines[:start]
    answers = [line for line in rest if line.strip() and not line.startswith(">")]
    if not answers:
        return lines[:start]
    last_quoted = max(number for number, line in enumerate(rest) if line.startswith(">"))
    first_answer = next(number for number, line in enumerate(rest) if line.strip() and not line.startswith(">"))
    # Answers between the quoted lines make no sense without them.
    return lines[:start] + (rest[last_quoted + 1 :] if first_answer > last_quoted else rest)


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        # RFC 3676 wants « -- » and a space; many programs drop the space.
        if line.rstrip() == "--" and len(lines) - number <= SIGNATURE:
            lines = lines[:number]
            break
    end = len(lines)
    while end and (not lines[end - 1].strip() or _PHONE.match(lines[end - 1].strip())):
        end -= 1
    return lines[:end]
