"""How long each kind of data is kept, what is given of a person who asks, and what is erased of them: each app says so in its `retention.py`.

    @rule("drafts", what="Brouillons des médiateurs", since="dernière frappe", keep=30 * DAY, why="…", order=140)
    def drafts(before):
        return Draft.objects.filter(updated_at__lte=before)

    kept("le catalogue", Commune, Structure, until="des données publiques, tenues à jour par les imports", order=70)

    @exports(order=10)
    def path(person):
        return {"parcours": {…}}

    @erases(keeps="Ce qui reste, et pourquoi.")
    def questions(person, now): ...

Every model of the house is in a rule, or kept for a reason (a test holds the two against the models). One broom (`sweep`) follows all the rules.
"""

from .broom import BATCH, sweep
from .person import Person, erase, erases, export, exports, fields, left
from .registry import DAY, Kept, Rule, delete, goes_with, kept, rule, rules, stays

__all__ = [
    "BATCH",
    "DAY",
    "Kept",
    "Person",
    "Rule",
    "delete",
    "erase",
    "erases",
    "export",
    "exports",
    "fields",
    "goes_with",
    "kept",
    "left",
    "own",
    "rule",
    "rules",
    "stays",
    "sweep",
]

# What this floor itself keeps: it has no `retention.py` beside this one.
from . import own
