"""The gates: what must be there before anybody sees a story. Each one is open, or says why not.

They only read the story, what hangs from it and the clock. `with_gates` brings all of that in a fixed number of queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from relais.media.models import Clip

from ..models import Channel, Consent, Story
from . import proofread_passages

PLAYED = (Story.Form.VIDEO, Story.Form.AUDIO)
WRITTEN = (Story.Form.TEXT, Story.Form.PHOTOS)


@dataclass(frozen=True)
class Gate:
    """`why` is a sentence when the gate is closed, '' when it is open. `mend` names the place where one opens it:
    "video", "words", "job", "proofreading", "rights" or "review"."""

    name: str
    label: str
    mend: str
    why: str = ""

    @property
    def is_open(self) -> bool:
        return not self.why


def with_gates(stories):
    """A query set of stories, with all that gates look at."""
    return stories.select_related("clip", "folder", "proofreading", "occupation").prefetch_related(
        "consents", "waivers", "folder__photos"
    )


def gates(story: Story, now: datetime) -> list[Gate]:
    """Every gate that this story has to pass, in the order in which people pass them."""
    return [*content_gates(story), *rights_gates(story, now), _review(story)]


def content_gates(story: Story) -> list[Gate]:
    """Those about what is shown and heard: they must be open before somebody approves it."""
    found = []
    if story.form in PLAYED:
        found += [_media(story), _captions(story), _transcript(story)]
    if story.form == Story.Form.VIDEO:
        found.append(_description(story))
    if story.form == Story.Form.PHOTOS:
        found.append(_photos(story))
    if story.form in WRITTEN:
        found.append(_text(story))
    if story.asks_for_a_job_form:
        found.append(_job(story))
    return [*found, _proofreading(story)]


def missing(story: Story, now: datetime) -> list[Gate]:
    """The closed ones."""
    return [gate for gate in gates(story, now) if not gate.is_open]


# --- what is shown


def _media(story: Story) -> Gate:
    noun = "La vidéo" if story.form == Story.Form.VIDEO else "Le son"
    if story.clip is None:
        why = f"{noun} n’est pas encore envoyé{'e' if story.form == Story.Form.VIDEO else ''}."
    elif story.clip.state != Clip.State.READY:
        why = f"{noun} n’est pas prêt{'e' if story.form == Story.Form.VIDEO else ''} : {story.clip.reason or 'la préparation est en cours.'}"
    else:
        why = ""
    return Gate("media", f"{noun}", "video", why)


def _captions(story: Story) -> Gate:
    why = ""
    duration = story.clip.facts.get("duration_ms") if story.clip else None
    if not story.cues:
        why = "Il n’y a pas de sous-titres."
    elif not all(cue["text"].strip() for cue in story.cues):
        why = "Un sous-titre est vide."
    elif duration and story.cues[-1]["start"] >= duration:
        why = "Les sous-titres vont plus loin que la fin : sont-ils ceux de ce fichier ?"
    return Gate("captions", "Sous-titres", "video", why)


def _transcript(story: Story) -> Gate:
    return Gate(
        "transcript", "Transcription", "video", "" if story.transcript.strip() else "Il n’y a pas de transcription."
    )


def _description(story: Story) -> Gate:
    why = (
        "" if story.image_description.strip() else "L’image n’est pas décrite pour celles et ceux qui ne la voient pas."
    )
    return Gate("description", "Description de l’image", "video", why)


def _photos(story: Story) -> Gate:
    photos = list(story.photos.all())
    bare = sum(not photo.description.strip() for photo in photos)
    why = (
        "Il n’y a pas de photo."
        if not photos
        else f"{bare} photo{'s' if bare > 1 else ''} sans description."
        if bare
        else ""
    )
    return Gate("photos", "Photos décrites", "video", why)


def _text(story: Story) -> Gate:
    why = "" if any(line["text"].strip() for line in story.lines) else "Il n’y a pas encore de texte."
    return Gate("text", "Texte", "words", why)


def _job(story: Story) -> Gate:
    why = (
        ""
        if story.job_form
        else f"Personne n’a demandé à {story.person or 'la personne montrée'} comment son métier s’appelle, pour elle ou pour lui."
    )
    return Gate("job", "Le nom de son métier", "job", why)


def _proofreading(story: Story) -> Gate:
    made = getattr(story, "proofreading", None)
    if made is None:
        why = "Les mots n’ont pas été relus."
    elif made.digest != proofread_passages.digest(story):
        why = "Les mots ont changé depuis la relecture."
    elif not made.is_complete:
        why = "La relecture est incomplète : Grammalecte n’était pas là."
    else:
        left = len(standing(story))
        why = f"{left} {'fautes possibles' if left > 1 else 'faute possible'} à corriger ou à écarter." if left else ""
    return Gate("proofreading", "Orthographe et accords", "proofreading", why)


def standing(story: Story) -> list[dict]:
    """The mistakes of the last proofreading that nobody has waived."""
    waived = {waiver.fingerprint for waiver in story.waivers.all()}
    made = getattr(story, "proofreading", None)
    return [mistake for mistake in made.mistakes if mistake["fingerprint"] not in waived] if made else []


# --- who agreed


def needed(story: Story) -> list[str]:
    """Whose agreement this story takes. The employers of a demonstration are invented: nobody can ask them."""
    kinds = [Consent.Kind.EMPLOYER] if story.employer and not story.is_demo else []
    if story.shows_somebody:
        kinds.append(Consent.Kind.PERSON)
        if story.person_is_minor:
            kinds.append(Consent.Kind.PARENT)
    return kinds


def rights_gates(story: Story, now: datetime) -> list[Gate]:
    labels = {
        Consent.Kind.EMPLOYER: "Accord de l’employeur",
        Consent.Kind.PERSON: "Accord de la personne montrée",
        Consent.Kind.PARENT: "Accord d’un parent",
    }
    day, found = timezone.localdate(now), []
    for kind in needed(story):
        theirs = [consent for consent in story.consents.all() if consent.kind == kind]
        if agreed_until(theirs, kind, Channel.SITE, day):
            why = ""
        elif any(consent.withdrawn_at is None for consent in theirs):
            why = "Celui qui est enregistré ne vaut pas aujourd’hui pour ce site."
        else:
            why = "Il a été retiré." if theirs else "Il manque."
        found.append(Gate(f"consent-{kind}", labels[kind], "rights", why))
    return found


def agreed_until(consents: Iterable[Consent], kind: str, channel: str, day: date) -> date | None:
    """The last day for which everybody of `kind` has agreed to `channel`, without a gap from `day` on; None when somebody has not.

    People are told apart by their names: one who agreed once cannot be forgotten because another did.
    """
    people: dict[str, list[Consent]] = {}
    for consent in consents:
        if consent.kind == kind and consent.withdrawn_at is None:
            people.setdefault(" ".join(consent.name.casefold().split()), []).append(consent)
    ends = [_unbroken(theirs, channel, day) for theirs in people.values()]
    return min(ends) if ends and None not in ends else None


def _unbroken(consents: list[Consent], channel: str, day: date) -> date | None:
    last = day - timedelta(days=1)
    for consent in sorted(consents, key=lambda consent: consent.starts):
        if channel in consent.channels and consent.starts <= last + timedelta(days=1):
            last = max(last, consent.ends)
    return last if last >= day else None


def covers(story: Story, channel: str, now: datetime) -> bool:
    """Whether everybody whose agreement is needed agrees to `channel` today."""
    day, consents = timezone.localdate(now), list(story.consents.all())
    return all(agreed_until(consents, kind, channel, day) for kind in needed(story))


def expiry(story: Story, now: datetime) -> datetime | None:
    """When the first of the agreements for this site ends: the midnight after its last day. None when none is needed."""
    day, consents = timezone.localdate(now), list(story.consents.all())
    ends = [end for kind in needed(story) if (end := agreed_until(consents, kind, Channel.SITE, day))]
    return datetime.combine(min(ends) + timedelta(days=1), time.min, timezone.get_default_timezone()) if ends else None


def _review(story: Story) -> Gate:
    # That it is another than who submitted it, the database holds.
    why = "" if story.approved_by_id else "Personne ne l’a encore approuvé."
    return Gate("review", "Approuvé par une seconde personne", "review", why)
