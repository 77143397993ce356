"""What an import would do, row by row, by doing it and undoing it: the rehearsal is the import."""

import msgspec

from relais.foundation.contacts import shown
from relais.foundation.refusals import NotAcceptable

from ..importing import BadFile, mark_of, run
from ..models import Commune, Structure
from .intake import Sheet
from .models import BroughtTable
from .rows import REPAIRED, SHOWN, Plan, before_of, plan

MOST_SHOWN = 400
"""Signs of what changes in one row."""


def seen_of(before: dict[str, dict]) -> str:
    """Of what an organisation's tables brought so far: it changes with every import, every correction."""
    return mark_of(msgspec.json.encode(before, order="deterministic"))


def is_current(table: BroughtTable) -> bool:
    """Whether what is there is still what the rehearsal compared the table with."""
    return table.rehearsal["seen"] == seen_of(before_of(table.source))


def rehearse(table: BroughtTable, now) -> dict:
    """What the pages of a rehearsal show. Raises NotAcceptable. Nothing is written.

    {"counts", "aside", "added", "changed", "unchanged", "removed": rows for the lists, "repaired": sentences, "seen", "mark": of this rehearsal}.
    """
    sheet, what_of, kept = Sheet(**table.sheet), {}, []

    def read():
        made = plan(sheet, table.matching, table.source)
        made.table.tell = what_of.__setitem__
        kept.append(made)
        return made.batch

    try:
        outcome = run(table.source, read, origin=table.name, now=now, dry_run=True)
    except BadFile as error:
        raise NotAcceptable(str(error)) from None
    made = kept[0]
    rows = {what: [] for what in ("added", "changed", "unchanged", "removed")}
    communes = _communes(made, what_of)
    for key, what in what_of.items():
        rows[what].append(_row(made, key, what, sheet, communes))
    told = {
        "counts": {what: getattr(outcome, what) for what in rows} | {"aside": len(made.aside)},
        "aside": made.aside,
        "repaired": [[said, count] for said, count in made.batch.notes.get(REPAIRED, {}).items()],
        "corrected": made.batch.notes.get("corrected by the team", {}).get("structures", 0),
        "there": sum(bool(one["digest"]) for one in made.before.values()),
        "seen": seen_of(made.before),
    } | rows
    return told | {"mark": mark_of(msgspec.json.encode([told, table.matching], order="deterministic"))}


def _communes(made: Plan, what_of: dict) -> dict[str, str]:
    wanted = {made.after(key)["commune_id"] for key in made.table.records} | {
        was["commune_id"] for key in what_of if (was := made.was(key))
    }
    return {one.pk: str(one) for one in Commune.objects.filter(pk__in=wanted)}


def _row(made: Plan, key: str, what: str, sheet: Sheet, communes: dict[str, str]) -> dict:
    """{"line", "name", "commune", "kind", "reach", "change"} of one row of a list."""
    after = made.before[key] if what == "removed" else made.after(key)
    return {
        "line": sheet.lines[made.line_of[key]] if key in made.line_of else None,
        "name": after["name"],
        "commune": communes.get(after["commune_id"], ""),
        "kind": Structure.Kind(after["kind"]).label,
        "reach": after["email"] or shown(after["phone"]),
        "change": _change(made, key, after, communes) if what == "changed" else "",
    }


def _change(made: Plan, key: str, after: dict, communes: dict[str, str]) -> str:
    before = made.was(key)
    changed = ["Identifiant\u00a0: ajouté"] * (key in made.formerly) + [
        f"{label}\u00a0: {_said(name, before[name], communes)} → {_said(name, after[name], communes)}"
        for name, label in SHOWN.items()
        if before[name] != after[name]
    ]
    return " ; ".join(changed) or "rien qui se voie : la correction de l’équipe reste"


def _said(name: str, value, communes: dict[str, str]) -> str:
    if name == "is_active":
        return "oui" if value else "non"
    if name == "commune_id":
        value = communes.get(value)
    elif name == "kind":
        value = Structure.Kind(value).label
    elif name == "phone":
        value = shown(value)
    text = " ".join(str(value if value is not None else "").split())
    return f"« {text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + '…'} »" if text else "vide"
