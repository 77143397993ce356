"""What is set apart in a text before anybody reads it in public: signs of danger, and what would tell who somebody is."""

from dataclasses import dataclass

from relais.safeguarding import detection
from relais.safeguarding.detection import Finding
from relais.safeguarding.detection.labels import DANGERS, PERSONAL
from relais.safeguarding.detection.personal_data import MASKS


@dataclass(frozen=True)
class Flag:
    """`what` in words, and what stands in the text."""

    what: str
    found: str
    is_danger: bool


def flags(text: str) -> list[Flag]:
    """Everything to look at, dangers first."""
    return [
        Flag(*_said(finding), finding.kind in DANGERS)
        for finding in sorted(_findings(text), key=lambda one: (one.kind not in DANGERS, one.start))
    ]


def masked(text: str) -> str:
    """What is proposed to appear: what would tell who somebody is, replaced."""
    return detection.masked(text, detection.personal(text))


def marked(text: str) -> list[tuple[str, str]]:
    """The text in pieces, each with what it was flagged for ('' for most)."""
    pieces, done = [], 0
    for finding in sorted(_findings(text), key=lambda one: (one.start, -one.end)):
        if finding.start < done:
            continue
        pieces += [(text[done : finding.start], ""), (text[finding.start : finding.end], _said(finding)[0])]
        done = finding.end
    return [piece for piece in [*pieces, (text[done:], "")] if piece[0]]


def _findings(text: str) -> list[Finding]:
    # « mon snap : [compte masqué] » must not be read as an account called « compte ».
    bare = text
    for mask in MASKS.values():
        bare = bare.replace(mask, "." * len(mask))
    return [*detection.danger(text), *detection.personal(bare)]


def _said(finding: Finding) -> tuple[str, str]:
    return (DANGERS | PERSONAL).get(finding.kind, finding.kind), finding.found
