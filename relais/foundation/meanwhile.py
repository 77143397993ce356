"""What a form showed, asked again when it comes back: an old tab must not undo what somebody else has kept meanwhile.

The form carries, hidden, the `fingerprint` of what it told. Whoever keeps it calls `refuse_if_changed` once the row is locked; who is
then shown what changed, with a new fingerprint, and presses again has decided.
"""

from collections.abc import Collection, Mapping
from hashlib import sha256

from .grammar import lower_first
from .refusals import ChangedMeanwhile

DIGEST, SHOWN = 8, 60
"""Signs of the digest of one value; signs of a value in a sentence."""


def fingerprint(told: Mapping[str, str]) -> str:
    """Of what is told, {what it is called on the form: how it reads}: a digest of each, in their order."""
    return "".join(sha256(words.encode()).hexdigest()[:DIGEST] for words in told.values())


def changed(seen: str, told: Mapping[str, str]) -> list[str]:
    """What reads otherwise than where this fingerprint was made; all of it, for a fingerprint that is not of such a thing."""
    now = fingerprint(told)
    if len(seen) != len(now):
        return list(told)
    return [
        name for number, name in enumerate(told) if seen[number * DIGEST :][:DIGEST] != now[number * DIGEST :][:DIGEST]
    ]


KEPT = "Ce que vous avez écrit est gardé ci-dessous : comparez, puis enregistrez de nouveau pour que ce soit cela qui reste."


def refuse_if_changed(seen: str, told: Mapping[str, str], *, unsaid: Collection[str] = (), then: str = KEPT) -> None:
    """Raises ChangedMeanwhile, with how it reads now (but for what is `unsaid`), when what was shown is not what is there.

    `then`: what to do, where nothing was written.
    """
    if names := changed(seen, told):
        said = " ; ".join(
            lower_first(name) + ("" if name in unsaid else f", maintenant {_quoted(told[name])}") for name in names
        )
        raise ChangedMeanwhile(
            f"Cette page a changé depuis que vous l’avez ouverte. Ce qui a changé\u00a0: {said}. {then}"
        )


def _quoted(words: str) -> str:
    short = " ".join(words.split())
    return f"«\u00a0{short if len(short) <= SHOWN else short[: SHOWN - 1] + '…'}\u00a0»" if short else "vide"
