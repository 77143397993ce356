"""What the agenda asks of those who work here."""

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse

from relais.accounts.models import Membership, Role, User
from relais.foundation.today import EACH, Task, awaits, first

from . import clashes, feed, subjects
from .models import Appointment, GroupSession, Registration


@awaits(at="agenda")
def over(user, now):
    """Those whose hour has come and of which nobody has said what came of them: the person waits for a word, the figures for a fact."""
    past = feed.mine(user).filter(state=Appointment.State.CHOSEN, starts_at__lte=now).order_by("starts_at", "id")

    def task(one, names):
        words = f"Rendez-vous{_with(names, one)} : a-t-il eu lieu ?"
        return Task(words, "Le dire", subjects.of(one).page(one.subject_id), since=one.starts_at)

    more = Task("D’autres rendez-vous sont passés : ont-ils eu lieu ?", "Voir la liste", reverse("agenda"))
    return first(past, task, more, beside=subjects.names)


@awaits(at="sessions")
def who_came(user, now):
    """Sessions that have begun, and of which nobody has said who came."""
    expected = Registration.objects.filter(state=Registration.State.REGISTERED).order_by().values("session")
    begun = _asked(user).filter(starts_at__lte=now, pk__in=expected).order_by("starts_at", "id")

    def task(one):
        words = f"Séance « {one.title} » : qui est venu ?"
        return Task(words, "Le dire", reverse("session", args=[one.pk]), since=one.starts_at)

    more = Task("D’autres séances sont passées : qui est venu ?", "Voir la liste", reverse("sessions"))
    return first(begun, task, more)


@awaits(at="sessions")
def led_by_nobody(user, now):
    """Who led them works here no more: people come, and nobody is there."""
    alone = _alone(user).filter(starts_at__gt=now)

    def task(one):
        words = f"Séance « {one.title} » : la personne qui devait la mener ne travaille plus ici"
        return Task(words, "La confier", reverse("change_session", args=[one.pk]), due_at=one.starts_at)

    more = Task("D’autres séances que plus personne ne mène", "Voir la liste", reverse("sessions"))
    return first(alone.order_by("starts_at", "id"), task, more)


@awaits
def sessions_to_move(user, now):
    """Whoever has a place counts on it: it is called off, or given to somebody else to lead."""
    for one, why in clashes.led(feed.led(user), now)[:EACH]:
        words = f"Séance « {one.title} » à revoir : {why}"
        yield Task(words, "La revoir", reverse("session", args=[one.pk]), due_at=one.starts_at)


@awaits
def expected_twice(user, now):
    """Somebody has a place there, and something else at that hour: no page lets them choose both, but two paths may become one."""

    def task(one, names):
        words = (
            f"{names.get(one.pk, 'Une personne')} a une place à « {one.session.title} », et autre chose à la même heure"
        )
        return Task(words, "Voir la séance", reverse("session", args=[one.session_id]), due_at=one.session.starts_at)

    more = Task("D’autres personnes ont deux choses à la même heure", "Voir les séances", reverse("sessions"))
    return first(clashes.seated(_asked(user), now), task, more, beside=subjects.names)


@awaits
def to_move(user, now):
    """What was agreed and can no longer be: the person counts on it until somebody tells them otherwise."""

    def names(found):
        return subjects.names(clash.appointment for clash in found)

    def task(clash, names):
        one = clash.appointment
        words = f"Rendez-vous{_with(names, one)} à déplacer : {clash.words}"
        return Task(words, "Le déplacer", subjects.of(one).page(one.subject_id), due_at=one.starts_at)

    more = Task("D’autres rendez-vous sont à déplacer", "Voir la liste", reverse("agenda"))
    return first(clashes.chosen(feed.mine(user), user, now), task, more, beside=names)


@awaits
def to_propose_again(user, now):
    """Slots of which none is left: the person opens the page and has nothing to choose."""

    def task(one, names):
        words = f"Aucun des créneaux proposés{_to(names, one)} n’est encore possible"
        return Task(words, "En proposer d’autres", subjects.of(one).page(one.subject_id), due_at=one.starts_at)

    more = Task("D’autres créneaux proposés ne sont plus possibles", "Voir la liste", reverse("agenda"))
    return first(clashes.spent(feed.mine(user), user, now), task, more, beside=subjects.names)


def _alone(user):
    """Those whose leader works here no more, for who supervises."""
    there = Membership.objects.filter(
        user=OuterRef("led_by"), organisation=OuterRef("organisation"), role__in=feed.READERS
    )
    working = User.objects.working().order_by().values("pk")
    return GroupSession.objects.of(user, Role.SUPERVISOR).planned().exclude(Exists(there), led_by__in=working)


def _asked(user):
    """The sessions of which `user` is asked what only who is there knows: those they lead, and those that nobody leads any more."""
    led, alone = (those.order_by().values("pk") for those in (feed.led(user), _alone(user)))
    return GroupSession.objects.filter(Q(pk__in=led) | Q(pk__in=alone))


def _with(names, one) -> str:
    return f" avec {names[one.pk]}" if one.pk in names else ""


def _to(names, one) -> str:
    return f" à {names[one.pk]}" if one.pk in names else ""
