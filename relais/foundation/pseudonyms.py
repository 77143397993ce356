"""Pseudonyms on offer: an animal and a number say nothing about anybody."""

import secrets

ANIMALS = (
    "Colibri",
    "Renard",
    "Loutre",
    "Hibou",
    "Lynx",
    "Martre",
    "Hérisson",
    "Geai",
    "Écureuil",
    "Dauphin",
    "Lièvre",
    "Merle",
)


def pseudonym() -> str:
    return f"{secrets.choice(ANIMALS)} {secrets.randbelow(90) + 10}"
