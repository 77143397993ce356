"""What the foundation keeps: the letters that left, the log of events, counters, the machine."""

from datetime import timedelta

from django.db.models import Q

from .. import links, outbox
from ..models import EventRecord, Heartbeat, HouseSecret, Link, Outbound, RateBucket, Run, Schedule
from .person import erases
from .registry import DAY, kept, rule

UNSENT = 275 * DAY
"""How much longer than a letter that left we keep one that never did: a human may still send it, within the year."""

kept(
    "le journal des événements",
    EventRecord,
    until="sans limite : ni mot, ni nom, ni adresse ; les chiffres publiés en viennent",
    order=40,
)
MACHINE = kept(
    "la machine",
    HouseSecret,
    Heartbeat,
    until="des clés chiffrées, et l’heure à laquelle chaque programme a tourné : rien de personnel",
    order=50,
)


@rule(
    "letters",
    what="Lettres que le site a envoyées, ou n’a pas pu envoyer",
    since="envoi",
    keep=90 * DAY,
    order=60,
    why="Le texte est effacé dès l’envoi ; il reste qu’une lettre est partie, pour ne rien envoyer deux fois.",
)
def letters(before):
    """Sent; or written long before, whatever became of it."""
    return Outbound.objects.filter(Q(sent_at__lte=before) | Q(created_at__lte=before - UNSENT))


@rule(
    "links",
    what="Liens personnels envoyés par e-mail, SMS ou messagerie",
    since="fin du lien",
    keep=30 * DAY,
    order=55,
    why="Un lien fini n’ouvre plus rien ; pendant un mois, son empreinte permet d’en demander un nouveau.",
)
def over(before):
    return Link.objects.over(before)


@rule(
    "rates",
    what="Compteurs contre les abus",
    since="fin du comptage",
    keep=timedelta(hours=1),
    order=180,
    often=True,
    why="Une empreinte qui change chaque jour et un nombre : ne servent plus une fois le comptage fini.",
)
def rates(before):
    return RateBucket.objects.filter(expires_at__lte=before)


kept("le programme des tâches", Schedule, until="rien de personnel", order=55)


@rule(
    "runs",
    what="Passages des tâches programmées",
    since="fin du passage",
    keep=365 * DAY,
    order=185,
    why="Un an, pour voir depuis quand une tâche échoue. Rien de personnel, hors qui l’a lancée.",
)
def runs(before):
    return Run.objects.filter(ended_at__lte=before)


@erases(keeps="Les comptes anonymes restent (combien de personnes ont écrit), sans rien qui parle de toi.")
def letters_about(person, now):
    """What waits to leave, and the trace of what left."""
    if person.conversation:
        outbox.forget(person.conversation)
        links.forget_about(person.conversation)
