"""Comments below the copies of stories, on networks: read by the same humans as questions, answered there, never shown by themselves."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from relais.accounts.models import Organisation, Role, User
from relais.channels import accounts, networks, opt_outs
from relais.channels.models import AccountReading, OptOut
from relais.foundation import meanwhile, outbox, sites, typed
from relais.foundation.events import record
from relais.foundation.jinja import TOUCH_PARAMETER
from relais.foundation.models import Outbound
from relais.foundation.outbox import PermanentError, TemporaryError
from relais.foundation.pseudonyms import pseudonym
from relais.foundation.refusals import NotAcceptable, WrongState
from relais.safeguarding import detection

from ..events import CommentAnswered, CommentGone, CommentReceived
from ..models import Comment, CommentReply, ExternalCopy, Question
from . import letters, moderation, questions
from .questions import locked

NAMESPACE = UUID("3f6d3f0a-8a0e-5c38-9d0b-5b1f3c2a7e44")
LONGEST = 2000
"""Characters kept of one comment; the mark below shows where the rest was."""
CUT = " […]"
CHECK_EVERY = timedelta(hours=1)
CHECKED_AT_ONCE = 30
"""Comments whose presence over there is asked for in one turn, those not looked at for longest first."""
State = Question.State
Kind = CommentReply.Kind


# --- in


def read_due(now: datetime) -> int:
    """Read the comments of each account that is due; returns how many accounts were read. Safe in several processes at once."""
    return sum(
        networks.turn(one, lambda since, one=one: _read(one, since, now), now=now)
        for kind in networks.kinds()
        for one in networks.each(kind)
    )


def _read(one: networks.Network, since: datetime, now: datetime) -> None:
    # Also of a story that is not published any more: as long as it is shown there, somebody may write below it.
    # Of two that noted one address, the first: nobody gets what is written to another by noting it too.
    copies = {copy.address: copy for copy in _shown_by(one).select_related("story").order_by("-posted_at", "-id")}
    try:
        for comment in one.fetch(list(copies), since):
            if comment.at >= since:
                take(network=one.name, account=one.account, copy=copies[comment.address], comment=comment, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # One address that names nothing makes no deletion unseen. What went wrong first is what is told.
        with suppress(TemporaryError, PermanentError):
            _look_for(one, now)
        raise
    _look_for(one, now)


def _shown_by(one: networks.Network) -> QuerySet[ExternalCopy]:
    return _published_by(one).filter(taken_down_at=None)


def _published_by(one: networks.Network) -> QuerySet[ExternalCopy]:
    """The copies that this account published, those taken down too: those of its organisation, noted since it has an account of its own there. What was noted before is
    below the account of the installation; once that one is gone, below whichever the organisation has."""
    copies = ExternalCopy.objects.filter(channel=one.name)
    if one.owner is None:
        return copies.filter(account_of=None)
    whose = Q(account_of=one.owner) if accounts.of(one.name, None) else Q(account_of=one.owner) | Q(account_of=None)
    return copies.filter(whose, story__organisation=one.owner)


@transaction.atomic
def take(
    *, network: str, account: str, copy: ExternalCopy, comment: networks.Comment, now: datetime
) -> Question | None:
    """Keep one comment as a question that waits to be read; None when nothing in it can be read (a heart, a picture).

    Seen again it stays one question; changed by its author before anybody has read it, it says what it says now.
    """
    body = typed.clean(comment.text)
    if not any(letter.isalnum() for letter in body):
        return None
    kept, alarming, shortened = body, bool(detection.danger(body)), len(body) > LONGEST
    if shortened:
        kept = body[: LONGEST - len(CUT)].rstrip() + CUT
    # Two organisations may name the same account: neither sees, nor changes, what the other was written.
    owner = copy.story.organisation_id
    if known := Comment.objects.filter(network=network, account=account, number=comment.id, owner=owner).first():
        return _changed(known, kept, shortened, alarming, now)
    key = uuid5(NAMESPACE, f"{owner} {network} {account} {comment.id}")
    question = Question(
        story_id=copy.story_id,
        key=key,
        pseudonym=pseudonym(),
        body=kept,
        touch=copy.touch,
        is_alarming=alarming,
        asked_at=min(comment.at, now),
    )
    # The wait is counted from when they wrote, whenever the network told us.
    question.due_at = questions.due(question.asked_at)
    try:
        with transaction.atomic():
            question.save(force_insert=True)
            Comment.objects.create(
                question=question,
                copy=copy,
                owner=owner,
                network=network,
                account=account,
                number=comment.id,
                reply_to=comment.to,
                shortened=shortened,
            )
    except IntegrityError:
        return Question.objects.get(key=key)
    _heed(network, owner, comment, body, now)
    told = {"story": question.story_id, "subject": question.pk, "touch": question.touch}
    record(CommentReceived(network=network, alarming=alarming, **told), now=now)
    if alarming:
        letters.alarm(question, now)
    return question


def _heed(network: str, owner: UUID, comment: networks.Comment, body: str, now: datetime) -> None:
    """STOP below a reply of ours: no other is published in that thread. Before we wrote there, anybody's STOP would take our answer away."""
    written = CommentReply.objects.filter(question__comment__network=network, question__comment__owner=owner)
    if opt_outs.asks_to_stop(body) and written.filter(question__comment__reply_to=comment.to).exists():
        opt_outs.add(channel=network, address=comment.to, how=OptOut.How.WORD, now=now, owner=owner)


def _changed(known: Comment, body: str, shortened: bool, alarming: bool, now: datetime) -> Question:
    held = locked(known.question)
    if held.state == State.WAITING and held.body != body:
        newly = alarming and not held.is_alarming
        held.body, held.is_alarming = body, alarming or held.is_alarming
        held.save(update_fields=["body", "is_alarming"])
        Comment.objects.filter(pk=known.pk).update(shortened=shortened)
        if newly:
            letters.alarm(held, now)
    return held


def _look_for(one: networks.Network, now: datetime) -> None:
    """Ask whether what was read is still there. Networks lose things for a while: twice missing, an hour apart, is gone.

    What we hid is left alone: some networks do not show it to us either. Below a copy that was taken down here, people still delete their words.
    """
    there = (
        Comment.objects.filter(network=one.name, account=one.account, copy__in=_published_by(one))
        .exclude(question__body="")
        .exclude(question__state=State.REFUSED)
    )
    stale = (
        there.exclude(checked_at__gt=now - CHECK_EVERY)
        .select_related("copy")
        .order_by(F("checked_at").asc(nulls_first=True), "pk")
    )
    asked = list(stale[:CHECKED_AT_ONCE])
    missing = (
        one.missing([networks.Place(comment.number, comment.copy.address, comment.reply_to) for comment in asked])
        if asked
        else set()
    )
    for comment in asked:
        if comment.number not in missing:
            comment.missed_at = None
        elif comment.missed_at:
            erase_gone(comment=comment, now=now)
        else:
            comment.missed_at = now
        comment.checked_at = now
        comment.save(update_fields=["missed_at", "checked_at"])


@transaction.atomic
def erase_gone(*, comment: Comment, now: datetime) -> None:
    """It was deleted over there: its words go from here too, with what waited to be published below it."""
    held = locked(comment.question)
    if held.body:
        questions.forget(
            held, by=None, reason=f"N’est plus sur {comment.get_network_display()}.", now=now, action="gone"
        )
        Outbound.objects.filter(about=held.pk, state=Outbound.State.WAITING).delete()
        record(CommentGone(story=held.story_id, subject=held.pk, touch=held.touch, network=comment.network), now=now)


# --- out


def replies_told(question: Question) -> dict[str, str]:
    """What was written below a comment already, as `meanwhile` compares it: two moderators do not answer the same."""
    return {"réponses déjà écrites": "\n".join(question.replies.order_by("at", "pk").values_list("body", flat=True))}


@transaction.atomic
def reply(*, question: Question, user: User, kind: str, body: str, seen: str, key: UUID, now: datetime) -> CommentReply:
    """Publish `body` below the comment, once: the row now, the effect after. `seen` is the fingerprint of what was on the moderator's page (`replies_told`).

    The same form sent twice is one reply. Raises NotAcceptable, WrongState, ChangedMeanwhile.
    """
    held, body = locked(question), typed.clean(body)
    key = uuid5(key, body)
    if kept := held.replies.filter(key=key).first():
        return kept
    comment = _open(held, State.WAITING, State.ANSWERED, State.SHOWN)
    meanwhile.refuse_if_changed(seen, replies_told(held))
    one = _on(comment)
    if not body or len(body) > one.reply_length:
        raise NotAcceptable(f"{one.title} prend de 1 à {one.reply_length} signes : votre texte en a {len(body)}.")
    made = CommentReply.objects.create(question=held, kind=kind, body=body, key=key, author=user, at=now)
    _send(
        comment,
        f"comment-reply:{made.pk.hex}",
        made.get_kind_display(),
        now,
        do="reply",
        comment=comment.reply_to,
        text=body,
    )
    if held.state == State.WAITING:
        moderation.decided(held, State.ANSWERED, user, now)
    moderation.trace(held, "reply" if kind == Kind.ANSWER else "invite", user, now, after=body)
    told = {"story": held.story_id, "subject": held.pk, "touch": held.touch}
    record(CommentAnswered(network=comment.network, kind=kind, by=user.pk, **told), now=now)
    return made


@transaction.atomic
def hide(*, question: Question, user: User, reason: str, now: datetime) -> Question:
    """Set a comment aside, and hide it over there from everybody but its author. Raises NotAcceptable, WrongState."""
    held = locked(question)
    comment = _open(held, State.WAITING, State.ANSWERED, State.REFUSED, State.REMOVED)
    if not _on(comment).hides:
        raise NotAcceptable(f"{comment.get_network_display()} ne permet pas de masquer un commentaire.")
    _send(comment, f"comment-hide:{held.pk.hex}", "Masquer", now, do="hide", comment=comment.number)
    if State.REFUSED in held.moves():
        moderation.decided(held, State.REFUSED, user, now, reason=reason)
    moderation.trace(held, "hide-there", user, now, reason=reason)
    return held


@transaction.atomic
def send_again(*, question: Question, user: User, key: str, now: datetime) -> None:
    """A moderator looked below the video: it is not there, so it leaves again. Raises WrongState when there is nothing to decide."""
    held = locked(question)
    row = Outbound.objects.filter(about=held.pk, key=key).first()
    if row is None or not outbox.send_again(row.pk, now=now):
        raise WrongState("Il n’y a plus rien à renvoyer : relisez la page.")
    moderation.trace(held, "send-again", user, now)


def _open(held: Question, *states: str) -> Comment:
    if not held.is_comment:
        raise WrongState("Cette question n’a pas été écrite sur un réseau.")
    if not held.body or held.state not in states:
        raise WrongState(
            f"Ce commentaire est maintenant dans l’état « {held.get_state_display().lower()} » : rien n’a changé."
        )
    return held.comment


def account_of(comment: Comment) -> networks.Network | None:
    """The account below which it was written, if it still serves the organisation or the installation."""
    return networks.at(comment.network, comment.owner, comment.account)


def _on(comment: Comment) -> networks.Network:
    one = account_of(comment)
    if one is None:
        raise NotAcceptable(f"Le compte {comment.get_network_display()} de ce commentaire n’est plus relié à ce site.")
    return one


def _send(about: Comment, key: str, subject: str, now: datetime, **payload) -> None:
    to = f"{about.get_network_display()}, sous « {about.copy.story.title} »"
    payload |= {"to": to, "subject": subject, "address": about.copy.address, "account": about.account}
    outbox.enqueue(about.network, key=key, payload=payload, now=now, about=about.pk, owner=about.owner)


# --- reading


def invitation(comment: Comment) -> str:
    """What is proposed to invite somebody to talk in private: everybody reads it, so that it says nothing of what they wrote."""
    code = f"?{TOUCH_PARAMETER}={comment.copy.touch}" if comment.copy.touch else ""
    address = sites.absolute(f"{reverse('talk')}{code}", organisation=comment.copy.story.organisation_id)
    return f"Merci d’avoir écrit. Si tu veux, on en parle en privé, c’est gratuit et sans compte : {address}"


@dataclass(frozen=True)
class Sent:
    """What was to happen over there, and what is known of it. `row` is None once the outbox has forgotten that it left."""

    what: str
    body: str
    key: str
    row: Outbound | None

    @property
    def needs_a_human(self) -> bool:
        return self.row is not None and self.row.state in (Outbound.State.AMBIGUOUS, Outbound.State.FAILED)


def sent(question: Question) -> list[Sent]:
    """Every reply to a comment, and its being hidden, the oldest first."""
    rows = {row.key: row for row in Outbound.objects.filter(about=question.pk)}
    replies = [
        (one.get_kind_display(), one.body, f"comment-reply:{one.pk.hex}")
        for one in question.replies.select_related("author")
    ]
    hiding = [("Masquer", "", key) for key in rows if key.startswith("comment-hide:")]
    return [Sent(what, body, key, rows.get(key)) for what, body, key in [*replies, *hiding]]


@dataclass(frozen=True)
class Standing:
    """One account of a network as the staff sees it. `reading` is None while there is no account, or before its first reading."""

    title: str
    whose: str
    is_on: bool
    reading: AccountReading | None
    copies: int


def standings(user: User) -> Sequence[Standing]:
    """Of every network, the accounts by which the organisations of `user` are read there, with the last reading, and how many copies they have."""
    mine = list(user.organisations(*Role.values).order_by("name", "pk"))
    up = ExternalCopy.objects.filter(taken_down_at=None, story__organisation__in=mine)
    return [
        _standing(kind, one, mine, up.filter(channel=kind.name))
        for kind in networks.kinds()
        for one in _read_for(kind, mine) or [None]
    ]


def _read_for(kind: type[networks.Network], mine: Sequence[Organisation]) -> list[networks.Network]:
    """Each once; that of the installation too where one of its publications is theirs."""
    found = [networks.serving(kind.name, one.pk) for one in mine]
    if ExternalCopy.objects.filter(channel=kind.name, story__organisation__in=mine, account_of=None).exists():
        found.append(networks.serving(kind.name, None))
    return list({(one.owner, one.account): one for one in found if one}.values())


def _standing(kind, one: networks.Network | None, mine: Sequence[Organisation], up: QuerySet[ExternalCopy]) -> Standing:
    if one is None:
        return Standing(kind.title, "", False, None, up.count())
    names = {organisation.pk: organisation.name for organisation in mine}
    whose = names.get(one.owner, "") if one.owner else "compte de l’installation"
    reading = AccountReading.objects.filter(channel=one.name, owner=one.owner, account=one.account).first()
    return Standing(kind.title, whose, True, reading, up.filter(pk__in=_shown_by(one)).count())
