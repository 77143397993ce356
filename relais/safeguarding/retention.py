"""How long danger files are kept, and what is given of alarms to the person they are about. Alarms end with what they are about."""

from datetime import timedelta

from django.db.models import Max
from django.db.models.functions import Coalesce

from relais.foundation.retention import DAY, Person, exports, fields, goes_with, rule

from .models import Alarm, AlarmGroup, DangerEntry, DangerFile

HOUR = timedelta(hours=1)


@rule(
    "danger",
    what="Dossiers de danger",
    since="clôture",
    keep=2 * 365 * DAY,
    order=110,
    why="Deux ans, accès restreint (référentiel CNIL 2022-008, protection de l’enfance).",
)
def danger(before):
    return DangerFile.objects.filter(closed_at__lte=before)


@rule(
    "danger-left",
    what="Dossiers de danger que personne n’a clos",
    since="dernière note",
    keep=2 * 365 * DAY,
    order=111,
    why="La même durée que pour un dossier clos : oublier de clore ne fait pas garder sans fin.",
)
def danger_left(before):
    last = Coalesce(Max("entries__at"), "opened_at")
    return DangerFile.objects.filter(closed_at=None).alias(last=last).filter(last__lte=before)


goes_with("danger", DangerEntry)


@rule(
    "alarm-networks",
    what="Réseau d’où viennent des alertes groupées, sous forme d’empreinte",
    since="dernière alerte",
    keep=HOUR,
    order=112,
    does=lambda rows, now: rows.update(origin=""),
    often=True,
    why="Ne sert que le temps d’une rafale ; l’adresse elle-même n’est jamais gardée.",
)
def alarm_networks(before):
    return AlarmGroup.objects.exclude(origin="").filter(last_at__lte=before)


@rule(
    "alarm-groups",
    what="Alertes arrivées ensemble, listées sur une ligne",
    since="dernière alerte",
    keep=30 * DAY,
    order=113,
    why="Le temps de les lire toutes et de revenir sur ce qui en a été dit. Chaque alerte reste, à sa place.",
)
def alarm_groups(before):
    return AlarmGroup.objects.filter(last_at__lte=before)


@exports(order=21)
def alarms(person: Person) -> dict:
    """What a program thought it saw. A danger file is not given: it is kept to protect, apart."""
    if not person.subjects:
        return {}
    rows = Alarm.objects.filter(subject_id__in=person.subjects)
    return {"alertes": [fields(alarm, "kinds", "raised_at", "seen_at", "is_false") for alarm in rows]}
