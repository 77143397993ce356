"""What the answer line has for each of those who work here."""

from django.db.models import F
from django.urls import reverse

from relais.accounts.models import Invitation, Membership, Organisation, Role
from relais.accounts.scope import owned, people
from relais.channels.models import Inbound
from relais.foundation import outbox
from relais.foundation.jinja import plural
from relais.foundation.today import Task, awaits, first

from . import selectors
from .desk import undelivered
from .models import Conversation, DangerFile, Handover, Line, Mention
from .rights import broom


def _open(conversation: Conversation) -> str:
    return reverse("desk", args=[conversation.pk])


@awaits
def alarms(user, now):
    """Messages with a sign of danger that nobody has read yet."""
    seen = Conversation.objects.visible_to(user).filter(is_alarming=True).select_related("journey").order_by(F("due_at").asc(nulls_last=True), "id")

    def task(one):
        return Task(f"{one.journey.pseudonym} : un message signalé, à lire", "Lire", _open(one), due_at=one.due_at, since=one.updated_at, is_urgent=True)

    return first(seen, task, Task("D’autres messages signalés", "Voir la liste", reverse("inbox"), is_urgent=True))


def _waiting(user):
    waiting = Conversation.objects.visible_to(user).filter(state=Conversation.State.WAITING, is_alarming=False).select_related("journey")
    return waiting.order_by(F("due_at").asc(nulls_last=True), "waiting_since", "id")


@awaits
def mine(user, now):
    def task(one):
        return Task(f"{one.journey.pseudonym} attend votre réponse", "Répondre", _open(one), due_at=one.due_at, since=one.waiting_since)

    more = Task("D’autres personnes attendent votre réponse", "Voir la liste", f"{reverse('inbox')}?voir=miennes")
    return first(_waiting(user).filter(claimed_by=user), task, more)


@awaits
def nobodys(user, now):
    """What whoever comes first may take; a volunteer sees only what was given to them."""

    def task(one):
        return Task(f"{one.journey.pseudonym} attend, personne ne répond encore", "Ouvrir", _open(one), due_at=one.due_at, since=one.waiting_since)

    more = Task("D’autres personnes attendent", "Voir la liste", reverse("inbox"))
    return first(_waiting(user).filter(claimed_by=None), task, more)


@awaits
def mentions(user, now):
    unread = Mention.objects.filter(user=user, seen_at=None, note__conversation__in=Conversation.objects.visible_to(user))
    unread = unread.select_related("note__author", "note__conversation__journey").order_by("note__at", "id")

    def task(one):
        words = f"{one.note.author} vous cite dans une note sur {one.note.conversation.journey.pseudonym}"
        return Task(words, "Lire la note", f"{_open(one.note.conversation)}#notes", since=one.note.at)

    return first(unread, task, Task("D’autres notes vous citent", "Voir la liste", reverse("mentions")))


@awaits
def danger(user, now):
    """A second reading is promised by name, within the hour."""
    files = DangerFile.objects.visible_to(user).filter(second_reader=user, second_read_at=None).exclude(state=DangerFile.State.CLOSED)

    def task(one):
        where = reverse("danger", args=[one.pk])
        return Task("Un dossier de danger attend votre deuxième lecture", "Lire", where, due_at=one.second_due_at, is_urgent=True)

    more = Task("D’autres dossiers attendent votre lecture", "Voir la liste", reverse("danger_list"), is_urgent=True)
    return first(files.order_by("second_due_at", "id"), task, more)


@awaits
def orientations(user, now):
    """What was addressed to a partner and waits for their answer."""
    if not user.organisations(Role.PARTNER).exists():
        return []
    sent = Handover.objects.sent_to(user).filter(state=Handover.State.SENT, agreed_until__gt=now).select_related("conversation__journey")

    def task(one):
        words = f"Une demande vous est adressée : {one.conversation.journey.pseudonym}"
        return Task(words, "Répondre", reverse("orientation", args=[one.pk]), due_at=one.return_at)

    return first(sent.order_by("return_at", "id"), task, Task("D’autres demandes vous sont adressées", "Voir la liste", reverse("orientations")))


@awaits
def deserted(user, now):
    """For who looks after accounts: before the first line nobody is answered, and a line may lose its last person."""
    places = user.administered()
    if user.administers_all() and not Line.objects.exists() and not user.organisations(Role.SUPERVISOR).exists():
        what, verb, where = _who_opens(user, now)
        yield Task(f"Aucune ligne n’est encore ouverte : {what}", verb, where)
    answered = selectors.with_a_team().values("pk")
    for line in Line.objects.filter(organisation__in=places).exclude(pk__in=answered).order_by("pk"):
        yield Task(f"La ligne « {line.name} » n’a plus personne pour répondre", "Inviter", reverse("team"), is_urgent=True)


def _who_opens(user, now) -> tuple[str, str, str]:
    """(what is awaited, verb, address) before the first line: only who has this role may open it, and they come in three steps."""
    role = f"« {Role.SUPERVISOR.label} »"
    if one := people(Organisation.objects.all(), Role.SUPERVISOR).first():
        return f"c’est à {one.named}, {role}, de l’ouvrir", "Voir les lignes", reverse("lines")
    pending = Membership.objects.filter(role=Role.SUPERVISOR, user__is_active=True, user__approved_at=None)
    if held := pending.select_related("user").order_by("user__date_joined", "pk").first():
        one = held.user
        whose = "l’accord d’une autre personne de l’administration" if one.invited_by_id == user.pk else "votre accord"
        return f"le compte de {one.named}, {role}, attend {whose}", "Regarder", reverse("member", args=[one.pk])
    if invited := Invitation.objects.open(now).filter(role=Role.SUPERVISOR).first():
        return f"une invitation attend {invited.email}, {role}, qui n’a pas encore créé son compte", "Regarder", reverse("team")
    return f"invitez quelqu’un avec le rôle {role}, qui l’ouvrira", "Inviter", reverse("team")


@awaits
def unopened(user, now):
    """For who supervises an organisation without a line: nobody else may open it."""
    for organisation in user.organisations(Role.SUPERVISOR).exclude(pk__in=Line.objects.order_by().values("organisation")):
        yield Task(f"Ouvrez votre ligne : {organisation} n’en a pas encore", "Ouvrir", reverse("new_line"))


@awaits
def undecided(user, now):
    """Letters that did not leave, messages that no conversation holds: a human decides. A wrong setting shows before the last try."""
    if user.administers_all() and (number := outbox.failing(now).count()):
        words = f"{number} {plural(number, 'lettre ne part pas', 'lettres ne partent pas')} depuis plus de dix minutes : vérifiez le réglage du serveur d’envoi"
        yield Task(words, "Regarder", reverse("letters"), is_urgent=True)
    if stuck := undelivered.letters_of(user).needing_a_human().count():
        words = f"{stuck} {plural(stuck, 'lettre n’est pas partie', 'lettres ne sont pas parties')}, ou on ne le sait pas"
        yield Task(words, "Décider", reverse("letters"))
    aside = owned(Inbound.objects.all(), user, *undelivered.DECIDE).set_aside()
    if number := aside.count():
        danger = aside.filter(danger=True).exists()
        words = f"{number} {plural(number, 'message mis de côté', 'messages mis de côté')}{', dont un signe de danger' if danger else ''}"
        yield Task(words, "Regarder", reverse("arrivals"), is_urgent=danger)


@awaits
def not_erased(user, now):
    """What the last turn of the broom could not erase: the others it did, and nobody would see."""
    if user.administers_all() and (names := broom.not_erased()):
        words = f"L’effacement automatique n’a pas pu tout effacer : {' ; '.join(names)}"
        yield Task(words, "Regarder", reverse("retention"))
