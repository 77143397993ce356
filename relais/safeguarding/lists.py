"""The lists of danger files and of alarms that came together, for those who may open them. None gives a file: what they say is read
here, one by one."""

from django.db.models import F

from relais.foundation.lists import Choice, Column, Listing, drawn

from .models import DangerFile

DANGER = Listing(
    ("dossier", "dossiers"),
    [
        drawn("opened", "Ouvert", ("-opened_at", "id")),
        Column("level", "Niveau", lambda file: file.get_level_display(), order=("level", "-opened_at", "id")),
        Column("state", "État", lambda file: file.get_state_display()),
        Column("by", "Ouvert par", lambda file: file.opened_by),
        drawn("reading", "Relecture", ("second_due_at", "id")),
    ],
    order=(F("closed_at").desc(nulls_first=True), "-opened_at", "id"),
    ordered="ceux qui ne sont pas clos d’abord, du plus récent au plus ancien",
    filters=[
        Choice("niveau", "Niveau", DangerFile.Level.choices, field="level"),
        Choice("etat", "État", DangerFile.State.choices, field="state"),
    ],
)


def _said(alarms, value: str):
    return {"open": alarms.open(), "false": alarms.filter(is_false=True), "true": alarms.filter(is_false=False)}[value]


TOGETHER = Listing(
    ("message signalé", "messages signalés"),
    [
        drawn("who", "De"),
        drawn("at", "Écrit", ("raised_at", "id")),
        drawn("what", "Repéré"),
        drawn("said", "Où ça en est"),
    ],
    order=(F("seen_at").asc(nulls_first=True), "-is_urgent", "raised_at", "id"),
    ordered="ce qui reste à lire d’abord, l’urgent en tête",
    filters=[
        Choice("etat", "État", [("open", "À lire"), ("false", "Fausse alerte"), ("true", "On s’en occupe")], by=_said),
        Choice(
            "urgence",
            "Urgence",
            [("oui", "Urgent"), ("non", "Pas urgent")],
            by=lambda rows, value: rows.filter(is_urgent=value == "oui"),
        ),
    ],
)
