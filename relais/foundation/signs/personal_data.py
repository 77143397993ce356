"""Personal data in a text: what a moderator must see before it is shown, and what an adult must not offer to a minor.

Contacts are looked for in every disguise; names and schools only where the form gives them away. A first name, a town, « au lycée »
are left alone: a story needs them.
"""

from relais.foundation.signs import contacts, identity
from relais.foundation.signs.dangers import Sign

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


def personal(text: str) -> list[Sign]:
    """The personal data in `text`, in order, never overlapping; `kind` is a key of MASKS, `level` is ''."""
    taken = bytearray(len(text))
    found = []
    for kind, spans in LOOKED_FOR.items():
        for start, end in spans(text):
            if end > start and not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                found.append(Sign(kind, start, end, text[start:end]))
    return sorted(found, key=lambda sign: sign.start)


def masked(text: str, signs: list[Sign]) -> str:
    """`text` with the personal data of `signs` replaced by what it was: « [téléphone masqué] ». Other signs change nothing."""
    pieces, place = [], 0
    for sign in sorted(signs, key=lambda sign: sign.start):
        if sign.kind in MASKS and sign.start >= place:
            pieces += [text[place : sign.start], MASKS[sign.kind]]
            place = sign.end
    return "".join([*pieces, text[place:]])
