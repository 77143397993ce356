"""What is given of a person's appointments and sessions, and erased of them. How long each is kept is a matter of what it hangs on: said above."""

from relais.accounts.retention import STAFF
from relais.foundation import loops
from relais.foundation.retention import DAY, Person, erases, exports, fields, kept, rule

from .models import Appointment, BusyFeed, BusyTime, GroupSession, MeetingPlace, Registration, Room, VideoPattern
from .sessions import BELL


@exports(order=30)
def appointments(person: Person) -> dict:
    found = Appointment.objects.filter(person=person.journey).order_by("starts_at", "id")
    said = ("kind", "starts_at", "zone", "minutes", "state", "remind_by", "address")
    return {"rendez-vous": [fields(one, *said) | {"place": one.where} for one in found.select_related("room")]}


@exports(order=31)
def sessions(person: Person) -> dict:
    found = Registration.objects.filter(person=person.journey).select_related("session__room")
    return {
        "séances": [
            fields(one.session, "title", "starts_at", "zone", "minutes")
            | fields(one, "state")
            | {"place": one.session.said_where}
            for one in found.order_by("session__starts_at", "id")
        ]
    }


@erases()
def whole_agenda(person: Person, now) -> None:
    Appointment.objects.filter(person=person.journey).delete()
    if Registration.objects.filter(person=person.journey).delete()[0]:
        loops.wake(BELL)


STAFF.also(BusyFeed)


@rule(
    "busy",
    what="Heures où l’agenda d’un professionnel le dit pris",
    since="fin de l’heure",
    keep=0 * DAY,
    order=165,
    why="Elles ne servent qu’à ne pas proposer une heure déjà prise : passées, elles ne servent plus.",
)
def busy(before):
    return BusyTime.objects.filter(ends_at__lte=before)


@rule(
    "group-sessions",
    what="Séances collectives, et qui y était inscrit",
    since="jour de la séance",
    keep=365 * DAY,
    order=166,
    why="Le temps de voir, d’une année à l’autre, ce qui a été proposé et qui est venu ; l’inscription part plus tôt avec la conversation.",
)
def group_sessions(before):
    return GroupSession.objects.filter(starts_at__lte=before)


kept(
    "les lieux et les salles de rendez-vous",
    MeetingPlace,
    Room,
    VideoPattern,
    until="le temps où l’organisation y reçoit ; rien de personnel",
    order=82,
)
