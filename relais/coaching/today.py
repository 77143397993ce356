"""What the answer line has for each of those who work here."""

from django.db.models import F, Q
from django.urls import reverse

from relais.accounts.models import Invitation, Membership, Organisation, Role
from relais.accounts.scope import owned, people
from relais.channels.models import Inbound
from relais.foundation import outbox
from relais.foundation.jinja import plural
from relais.foundation.today import Task, awaits, first, together

from .desk import undelivered
from .line import directory
from .models import Conversation, Line, Mention
from .rights import broom
from .thread import unreached


def _open(conversation: Conversation) -> str:
    return reverse("desk", args=[conversation.pk])


@awaits(at="inbox")
def alarms(user, now):
    """Messages with a sign of danger that nobody has read yet."""
    seen = (
        Conversation.objects.visible_to(user)
        .apart()
        .filter(is_alarming=True)
        .select_related("journey")
        .order_by(F("due_at").asc(nulls_last=True), "id")
    )

    def task(one):
        return Task(
            f"{one.journey.pseudonym} : un message signalé, à lire",
            "Lire",
            _open(one),
            due_at=one.due_at,
            since=one.updated_at,
            is_urgent=True,
        )

    return first(seen, task, Task("D’autres messages signalés", "Voir la liste", reverse("inbox"), is_urgent=True))


@awaits(at="inbox")
def alarms_together(user, now):
    """Those that came in a burst: one thing to do, below every other alarm."""

    def task(number):
        words = f"{number} {plural(number, 'message signalé arrivé', 'messages signalés arrivés')} en rafale, à lire"
        return Task(words, "Voir la liste", reverse("inbox"), is_urgent=True)

    return together(Conversation.objects.visible_to(user).in_a_group().filter(is_alarming=True), task)


def _waiting(user):
    waiting = (
        Conversation.objects.visible_to(user)
        .filter(state=Conversation.State.WAITING, is_alarming=False)
        .select_related("journey")
    )
    return waiting.order_by(F("due_at").asc(nulls_last=True), "waiting_since", "id")


@awaits(at="inbox")
def mine(user, now):
    def task(one):
        return Task(
            f"{one.journey.pseudonym} attend votre réponse",
            "Répondre",
            _open(one),
            due_at=one.due_at,
            since=one.waiting_since,
        )

    more = Task("D’autres personnes attendent votre réponse", "Voir la liste", f"{reverse('inbox')}?voir=miennes")
    return first(_waiting(user).filter(claimed_by=user), task, more)


@awaits(at="inbox")
def not_arrived(user, now):
    """Answers that did not reach the person, for who holds the conversation; nobody's is anybody's."""
    seen = (
        (unreached.conversations() & Conversation.objects.visible_to(user))
        .filter(Q(claimed_by=user) | Q(claimed_by=None))
        .annotate(lost_at=unreached.since())
        .select_related("journey")
        .order_by("lost_at", "id")
    )

    def task(one):
        return Task(
            f"Votre réponse à {one.journey.pseudonym} n’est peut-être pas arrivée",
            "Voir",
            _open(one),
            since=one.lost_at,
        )

    return first(
        seen, task, Task("D’autres réponses ne sont peut-être pas arrivées", "Voir la liste", reverse("inbox"))
    )


@awaits(at="inbox")
def nobodys(user, now):
    """What whoever comes first may take; a volunteer sees only what was given to them."""

    def task(one):
        return Task(
            f"{one.journey.pseudonym} attend, personne ne répond encore",
            "Ouvrir",
            _open(one),
            due_at=one.due_at,
            since=one.waiting_since,
        )

    more = Task("D’autres personnes attendent", "Voir la liste", reverse("inbox"))
    return first(_waiting(user).apart().filter(claimed_by=None), task, more)


@awaits(at="inbox")
def false_together(user, now):
    """Of alarms that came together, those that were said to be false, while the people have no answer."""

    def task(number):
        words = f"{number} {plural(number, 'conversation attend', 'conversations attendent')} après une fausse alerte donnée en rafale"
        return Task(words, "Voir la liste", reverse("inbox"))

    return together(_waiting(user).in_a_group(), task)


@awaits(at="inbox")
def mentions(user, now):
    unread = Mention.objects.filter(
        user=user, seen_at=None, note__conversation__in=Conversation.objects.visible_to(user)
    )
    unread = unread.select_related("note__author", "note__conversation__journey").order_by("note__at", "id")

    def task(one):
        words = f"{one.note.author} vous cite dans une note sur {one.note.conversation.journey.pseudonym}"
        return Task(words, "Lire la note", f"{_open(one.note.conversation)}#notes", since=one.note.at)

    return first(unread, task, Task("D’autres notes vous citent", "Voir la liste", reverse("mentions")))


@awaits
def deserted(user, now):
    """For who looks after accounts: before the first line nobody is answered, and a line may lose its last person."""
    places = user.administered()
    if user.administers_all() and not Line.objects.exists() and not user.organisations(Role.SUPERVISOR).exists():
        what, verb, where = _who_opens(user, now)
        yield Task(f"Aucune ligne n’est encore ouverte : {what}", verb, where)
    answered = directory.with_a_team().values("pk")
    for line in Line.objects.filter(organisation__in=places).exclude(pk__in=answered).order_by("pk"):
        yield Task(
            f"La ligne « {line.name} » n’a plus personne pour répondre", "Inviter", reverse("team"), is_urgent=True
        )


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
        return (
            f"une invitation attend {invited.email}, {role}, qui n’a pas encore créé son compte",
            "Regarder",
            reverse("team"),
        )
    return f"invitez quelqu’un avec le rôle {role}, qui l’ouvrira", "Inviter", reverse("team")


@awaits
def unopened(user, now):
    """For who supervises an organisation without a line: nobody else may open it."""
    for organisation in user.organisations(Role.SUPERVISOR).exclude(
        pk__in=Line.objects.order_by().values("organisation")
    ):
        yield Task(f"Ouvrez votre ligne : {organisation} n’en a pas encore", "Ouvrir", reverse("new_line"))


@awaits(at="letters")
def undecided(user, now):
    """Letters that did not leave, messages that no conversation holds: a human decides. A wrong setting shows before the last try."""
    aside = owned(Inbound.objects.all(), user, *undelivered.DECIDE).waiting()

    def failing(number):
        words = f"{number} {plural(number, 'lettre ne part pas', 'lettres ne partent pas')} depuis plus de dix minutes : vérifiez le réglage du serveur d’envoi"
        return Task(words, "Regarder", reverse("letters"), is_urgent=True)

    def stuck(number):
        words = (
            f"{number} {plural(number, 'lettre n’est pas partie', 'lettres ne sont pas parties')}, ou on ne le sait pas"
        )
        return Task(words, "Décider", reverse("letters"))

    def left_aside(number):
        danger, over = aside.filter(danger=True).exists(), aside.exclude(told_at=None).filter(seen_at=None).exists()
        words = f"{number} {plural(number, 'message mis de côté', 'messages mis de côté')}"
        also = [
            *(["un signe de danger"] if danger else []),
            *(["un message qui va s’effacer sans avoir été vu"] if over else []),
        ]
        words += f", dont {' et '.join(also)}" if also else ""
        return Task(words, "Regarder", reverse("arrivals"), is_urgent=bool(also))

    if user.administers_all():
        yield together(outbox.failing(now), failing)
    yield together(undelivered.letters_of(user).needing_a_human(), stuck)
    yield together(aside, left_aside)


@awaits
def not_erased(user, now):
    """What the last turn of the broom could not erase: the others it did, and nobody would see."""
    if user.administers_all() and (names := broom.not_erased()):
        words = f"L’effacement automatique n’a pas pu tout effacer : {' ; '.join(names)}"
        yield Task(words, "Regarder", reverse("retention"))
