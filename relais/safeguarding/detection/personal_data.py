"""Personal data in a text: what a moderator must see before it is shown, and what an adult must not offer to a minor.

Contacts are looked for in every disguise; names and schools only where the form gives them away. A first name, a town, « au lycée »
are left alone: a story needs them.
"""

from relais.safeguarding.detection import contacts, identity
from relais.safeguarding.detection.dangers import Finding

# In order of trust: what was found first keeps its place where two overlap.
LOOKED_FOR = {
    "email": contacts.emails,
    "url": contacts.links,
    "nir": contacts.nirs,
    "phone": contacts.phones,
    "address": identity.addresses,
    "school": identity.schools,
    "handle": contacts.accounts,
    "name": identity.names,
}
MASKS = {
    "email": "[adresse e-mail masquée]",
    "url": "[lien masqué]",
    "nir": "[numéro de sécurité sociale masqué]",
    "phone": "[téléphone masqué]",
    "address": "[adresse masquée]",
    "school": "[établissement masqué]",
    "handle": "[compte masqué]",
    "name": "[nom masqué]",
}


def personal(text: str) -> list[Finding]:
    """The personal data in `text`, in order, never overlapping; `kind` is a key of MASKS, `level` is ''."""
    taken = bytearray(len(text))
    found = []
    for kind, spans in LOOKED_FOR.items():
        for start, end in spans(text):
            if end > start and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Finding(kind, start, end, text[start:end]))
    return sorted(found, key=lambda one: one.start)


def masked(text: str, findings: list[Finding]) -> str:
    """`text` with the personal data of `findings` replaced by what it was: « [téléphone masqué] ». Others change nothing."""
    pieces, place = [], 0
    for one in sorted(findings, key=lambda one: one.start):
        if one.kind in MASKS and one.start >= place:
            pieces += [text[place : one.start], MASKS[one.kind]]
            place = one.end
    return "".join([*pieces, text[place:]])
