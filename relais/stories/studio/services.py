"""What is done with a story, from its first draft until it is taken down."""

from datetime import datetime

from django.db import transaction

from relais.accounts.models import Role, User
from relais.accounts.scope import people
from relais.catalogue.folding import fold
from relais.foundation import letters, loops, meanwhile, states
from relais.foundation.database.patience import let_go
from relais.foundation.refusals import NotAcceptable, NotAllowed, WrongState
from relais.foundation.two_eyes import second_person
from relais.media import published_files

from ..events import MistakeWaived, StoryMoved, StoryPublished, StoryWithdrawn
from ..models import ModerationTrace, Proofreading, Story, Waiver
from . import gates, proofread_passages
from .history import tell
from .proofreading import proofread as read_words

MAKERS = (Role.CAMPAIGN_MANAGER, Role.MEDIATOR, Role.SUPERVISOR)
CHECKERS = (Role.CAMPAIGN_MANAGER, Role.SUPERVISOR)
BELL = "stories"
State = Story.State
TAKEN_DOWN = "Ce témoignage est retiré : reprenez-le en brouillon pour le modifier."
CHANGEABLE = (State.DRAFT, State.IN_REVIEW, State.APPROVED)
# Addresses of the studio that are not those of a story.
RESERVED = ("nouvelle", "envois")
FIELDS = (
    "title",
    "form",
    "purpose",
    "occupation",
    "audience",
    "person",
    "job_form",
    "job_words",
    "shows_somebody",
    "person_is_minor",
    "employer",
    "place",
    "commune",
    "next_step",
    "offer",
    "lines",
)
"""What `create` and `edit` take."""
UNSAID = ("sous-titres", "fichier", "photos", "accords")
"""Of what has changed: shown by the page better than in a sentence."""


class GatesClosed(WrongState):
    """`gates` are those that do not open."""

    def __init__(self, closed: list[gates.Gate]):
        super().__init__(" ".join(f"{gate.label} : {gate.why}" for gate in closed))
        self.gates = closed


# --- make


@transaction.atomic
def create(*, user: User, now: datetime, **values) -> Story:
    """A new draft of the organisation for which `user` makes stories. Raises NotAllowed."""
    organisation = user.organisations(*MAKERS).order_by("pk").first()
    if organisation is None:
        raise NotAllowed("Seules les personnes qui font les témoignages peuvent en créer.")
    story = Story(organisation=organisation, created_by=user, created_at=now, is_demo=organisation.is_demo, **values)
    story.slug = _free_slug(story.title)
    story.save(force_insert=True)
    tell(StoryMoved, story, before="none", after=State.DRAFT, by=user.pk, now=now)
    return story


@transaction.atomic
def edit(*, story: Story, user: User, seen: str, now: datetime, **values) -> Story:
    """Change what a story says of itself. `seen` is the fingerprint of what they were shown (`told`).

    Raises WrongState, ChangedMeanwhile. See `opened_for_change` for what becomes of a story already submitted or approved.
    """
    held = locked(story)
    meanwhile.refuse_if_changed(seen, told(held))
    if all(getattr(held, name) == value for name, value in values.items()):
        return held
    held = opened_for_change(story, user, now=now)
    for name, value in values.items():
        setattr(held, name, value)
    held.save()
    return held


@transaction.atomic
def correct(*, story: Story, user: User, mistake: str, replacement: str, now: datetime) -> Story:
    """Put one of its suggestions in place of a mistake (its fingerprint), wherever it stands. Raises WrongState, NotAcceptable."""
    held = opened_for_change(story, user, now=now)
    spots = [spot for spot in _mistakes(held) if spot["fingerprint"] == mistake and replacement in spot["suggestions"]]
    if not spots:
        raise WrongState("Cette correction n’est plus proposée : relancez la relecture.")
    proofread_passages.replace(held, spots, replacement)
    if len(held.title) > (Story._meta.get_field("title").max_length or 0):
        raise NotAcceptable("Le titre serait trop long avec cette correction : récrivez-le.")
    held.save()
    return held


@transaction.atomic
def waive(*, story: Story, user: User, mistake: str, reason: str, now: datetime) -> Waiver:
    """A named person says that this is no mistake, and why. Raises WrongState."""
    held = locked(story)
    _changeable(held)
    spot = next((spot for spot in _mistakes(held) if spot["fingerprint"] == mistake), None)
    if spot is None:
        raise WrongState("Cette faute n’est plus signalée : relancez la relecture.")
    values = {
        "rule": spot["rule"][:60],
        "found": spot["found"][:200],
        "sentence": spot["sentence"],
        "reason": reason,
        "by": user,
        "at": now,
    }
    waiver, created = Waiver.objects.get_or_create(story=held, fingerprint=mistake, defaults=values)
    if created:
        tell(MistakeWaived, held, by=user.pk, now=now)
    return waiver


def proofread(*, story: Story, now: datetime) -> Proofreading:
    """Check the words as they are. Not one transaction: Grammalecte takes its time, and nobody should wait behind it."""
    fresh = Story.objects.select_related("folder").prefetch_related("folder__photos").get(pk=story.pk)
    names = {word for word in f"{fresh.person} {fresh.employer} {fresh.place}".split() if word[:1].isupper()}
    passages = proofread_passages.passages(fresh)
    let_go()
    report = read_words(passages, names=names)
    pieces = {passage.name: passage.pieces for passage in passages}
    values = {
        "digest": proofread_passages.digest(fresh),
        "engine": report.engine[:60],
        "is_complete": report.available,
        "mistakes": [_kept(mistake, pieces[mistake.passage][mistake.piece]) for mistake in report.mistakes],
        "at": now,
    }
    return Proofreading.objects.update_or_create(story=fresh, defaults=values)[0]


# --- move


@transaction.atomic
def submit(*, story: Story, user: User, now: datetime) -> Story:
    """Ask somebody else to read it."""
    held = locked(story)
    return states.move(held, State.IN_REVIEW, by=user, now=now, submitted_by=user, approved_by=None)


@transaction.atomic
def send_back(*, story: Story, user: User, reason: str, now: datetime) -> Story:
    """From review, or once approved, to its authors, with a reason. Whoever submitted it may take it back too."""
    held = locked(story)
    if held.state == State.WITHDRAWN:
        raise WrongState(TAKEN_DOWN)
    states.check(held, State.DRAFT)
    if held.submitted_by_id != user.pk:
        _checker(held, user)
    _trace(held, "send-back", user, reason, now)
    return _to_draft(held, user, now)


@transaction.atomic
def approve(*, story: Story, user: User, seen: str, now: datetime) -> Story:
    """A second person answers for what is shown and said. `seen` is the fingerprint of what they were shown (`told_whole`).

    Raises SecondPersonNeeded, NotAllowed, GatesClosed, WrongState, ChangedMeanwhile.
    """
    held = locked(story)
    _checker(held, user)
    second_person(
        user,
        held.submitted_by_id,
        says="Vous avez envoyé ce témoignage en relecture : c’est à une autre personne de l’approuver.",
    )
    if closed := [gate for gate in gates.content_gates(held) if not gate.is_open]:
        raise GatesClosed(closed)
    states.check(held, State.APPROVED)
    meanwhile.refuse_if_changed(seen, told_whole(held), unsaid=UNSAID, then="Regardez tout, puis approuvez.")
    return states.move(held, State.APPROVED, by=user, now=now, approved_by=user)


@transaction.atomic
def publish(*, story: Story, user: User, now: datetime) -> Story:
    """Show it to everybody, until the first agreement ends. Raises GatesClosed with all that is missing."""
    held = locked(story)
    _checker(held, user)
    states.check(held, State.PUBLISHED)
    if closed := gates.missing(held, now):
        raise GatesClosed(closed)
    dates = {"published_at": now, "expires_at": gates.expiry(held, now), "withdrawn_at": None}
    states.move(held, State.PUBLISHED, by=user, now=now, withdrawal="", **dates)
    tell(StoryPublished, held, now=now)
    return held


@transaction.atomic
def withdraw(*, story: Story, user: User, reason: str, now: datetime) -> Story:
    """Take it down. Anybody of the team may: too early does less harm than too late."""
    return take_down(locked(story), by=user, reason=reason, now=now)


@transaction.atomic
def resume(*, story: Story, user: User, now: datetime) -> Story:
    """A story that was taken down becomes a draft again; it will pass every gate again."""
    held = locked(story)
    if held.state != State.WITHDRAWN:
        raise WrongState("Ce témoignage n’est pas retiré : il n’y a rien à reprendre.")
    return _to_draft(held, user, now)


# --- inside a transaction that holds the story


def locked(story: Story) -> Story:
    """The story as it is now, locked until the end of the transaction."""
    return Story.objects.select_for_update(of=("self",)).get(pk=story.pk)


def opened_for_change(story: Story, user: User, *, now: datetime) -> Story:
    """The story, locked, for whoever is about to change what is seen, heard or read of it (words, captions, file).

    An approved one is a draft again. One in review is now submitted by who changes it: they will not approve their own
    words. A published one must be withdrawn first. Raises WrongState.
    """
    held = locked(story)
    _changeable(held)
    if held.state == State.APPROVED:
        _to_draft(held, user, now)
    elif held.state == State.IN_REVIEW and held.submitted_by_id != user.pk:
        held.submitted_by = user
        held.save(update_fields=["submitted_by"])
    return held


def take_down(held: Story, *, by: User | None, reason: str, now: datetime) -> Story:
    """Withdraw a story already locked. `by` is None when an agreement ended by itself."""
    _trace(held, "withdraw", by, reason, now)
    states.move(held, State.WITHDRAWN, by=by, now=now, withdrawn_at=now, withdrawal=reason[:300], expires_at=None)
    tell(StoryWithdrawn, held, now=now)
    _tell_managers(held, now)
    return held


def told(story: Story) -> dict[str, str]:
    """All that `edit` changes, as `meanwhile` compares it."""
    fields = {field.name: field for field in Story._meta.concrete_fields}
    return {str(fields[name].verbose_name): _reads(story, name) for name in FIELDS}


def _reads(story: Story, name: str) -> str:
    display = getattr(story, f"get_{name}_display", None)
    value = display() if display else getattr(story, name)
    return (
        {True: "oui", False: "non", None: ""}.get(value, str(value)) if isinstance(value, bool | None) else str(value)
    )


def told_words(story: Story) -> dict[str, str]:
    """What is written beside a video or a sound."""
    words = (repr(story.cues), story.transcript, story.image_description)
    return dict(zip(("sous-titres", "transcription", "description de l’image"), words, strict=True))


def told_whole(story: Story) -> dict[str, str]:
    """All that whoever approves answers for: what is said of the story, file, captions, pictures, agreements."""
    pictures = [(photo.pk, photo.order, photo.description) for photo in story.photos.all()]
    agreed = sorted(
        (one.pk, one.kind, one.name, sorted(one.channels), one.starts, one.ends, one.withdrawn_at)
        for one in story.consents.all()
    )
    file = (story.clip_id, story.clip.state) if story.clip else None
    return told(story) | told_words(story) | {"fichier": repr(file), "photos": repr(pictures), "accords": repr(agreed)}


def may_check(story: Story, user: User) -> bool:
    return not user.roles_in(story.organisation_id).isdisjoint(CHECKERS)


def _checker(story: Story, user: User) -> None:
    if not may_check(story, user):
        raise NotAllowed("C’est à une personne responsable de la campagne ou de l’équipe de le faire.")


def _changeable(story: Story) -> None:
    if story.state == State.PUBLISHED:
        raise WrongState(
            "Un témoignage publié ne se modifie pas : retirez-le, reprenez-le en brouillon, puis publiez-le de nouveau."
        )
    if story.state not in CHANGEABLE:
        raise WrongState(TAKEN_DOWN)


@states.told(Story)
def _moved(held: Story, *, before: str, by: User | None, now: datetime) -> None:
    tell(StoryMoved, held, before=before, after=held.state, by=by.pk if by else None, now=now)
    loops.wake(BELL)
    loops.wake(published_files.BELL)


def _to_draft(held: Story, user: User, now: datetime) -> Story:
    return states.move(held, State.DRAFT, by=user, now=now, submitted_by=None, approved_by=None)


def _trace(held: Story, action: str, by: User | None, reason: str, now: datetime) -> None:
    ModerationTrace.objects.create(story=held, action=action, reason=reason, by=by, at=now)


def _tell_managers(held: Story, now: datetime) -> None:
    """What is shown elsewhere is taken down by hand: whoever runs the campaign gets the addresses, once a withdrawal."""
    copies = list(held.copies.filter(taken_down_at=None))
    managers = people(held.organisation_id, Role.CAMPAIGN_MANAGER) or people(held.organisation_id, Role.SUPERVISOR)
    for manager in managers if copies else ():
        letters.send(
            "stories/take_down",
            to=manager.email,
            context={"story": held, "copies": copies},
            key=f"take-down:{held.slug}:{now:%Y%m%d%H%M%S}:{manager.pk.hex[:12]}",
            now=now,
            organisation=held.organisation_id,
        )


def _mistakes(held: Story) -> list[dict]:
    """Those of a proofreading made on the words as they are now."""
    made = getattr(held, "proofreading", None)
    return made.mistakes if made and made.digest == proofread_passages.digest(held) else []


def _kept(mistake, piece: str) -> dict:
    names = ("rule", "passage", "piece", "start", "end", "found", "message", "sentence", "fingerprint")
    # A mistake that goes on in the next caption is mended by hand: a suggestion would not know where to go.
    is_whole = " ".join(piece[mistake.start : mistake.end].replace("'", "’").split()) == mistake.found
    return {name: getattr(mistake, name) for name in names} | {
        "suggestions": list(mistake.suggestions) if is_whole else []
    }


def _free_slug(title: str) -> str:
    base = fold(title).replace(" ", "-")[:50].strip("-") or "temoignage"
    taken = set(Story.objects.filter(slug__startswith=base).values_list("slug", flat=True)) | set(RESERVED)
    number = 1
    while (slug := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return slug
