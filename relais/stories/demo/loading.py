"""The demonstration of stories: clips made by a script and packaged (content/clips), and a studio with something in each state.

Every person, employer and place is invented, and marked so. Safe to run again: what is there is left as it is.
"""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid5

from django.db import transaction
from django.utils import timezone

from relais.accounts.models import Organisation, User
from relais.catalogue.models import Commune, Occupation
from relais.foundation import meanwhile
from relais.media.models import Clip, Upload
from relais.media.storage import media

from ..models import Consent, Proofreading, Story
from ..studio import proofread_passages, rights, services
from ..studio.history import subject_of

CONTENT = Path(__file__).parents[1] / "content"
CLIPS = CONTENT / "clips"
TEXTS = CONTENT / "demo.toml"
WIDTH, HEIGHT = 540, 960


class UnknownOccupation(Exception):
    """A testimony names an occupation sheet that is not in the database: import the sheets first."""


@transaction.atomic
def load_demo_stories(*, organisation: Organisation, now: datetime) -> list[Story]:
    """Write the demonstration testimonies of content/demo.toml, as that file says now, in its order.

    Safe to run twice: what was published keeps its date. Raises UnknownOccupation.
    """
    entries = tomllib.loads(TEXTS.read_text("utf-8"))["stories"]
    missing = {entry["occupation"] for entry in entries} - set(Occupation.objects.values_list("slug", flat=True))
    if missing:
        raise UnknownOccupation(f"No occupation sheet named: {', '.join(sorted(missing))}.")
    stories = []
    for place, entry in enumerate(entries):
        values = {name: entry[name] for name in ("title", "person", "job_form", "employer", "place")}
        values |= {
            "occupation_id": entry["occupation"],
            "lines": [{"text": text} for text in entry["lines"]],
            "is_demo": True,
        }
        # Nobody real is shown, so there is nobody to ask: the one way to be published without passing the gates.
        values |= {"organisation": organisation, "shows_somebody": False}
        # The list shows the last published first: a minute apart keeps the order of the file.
        first = values | {"state": Story.State.PUBLISHED, "published_at": now - timedelta(minutes=place + 1)}
        story, _ = Story.objects.update_or_create(slug=entry["slug"], defaults=values, create_defaults=first)
        stories.append(story)
    return stories


def load_demo_clips(*, organisation: Organisation, now: datetime) -> list[Story]:
    """Publish the clips of content/clips.toml that are packaged, as that file says now. Raises UnknownOccupation."""
    entries = tomllib.loads((CONTENT / "clips.toml").read_text("utf-8"))["clips"]
    missing = {entry["occupation"] for entry in entries} - set(Occupation.objects.values_list("slug", flat=True))
    if missing:
        raise UnknownOccupation(f"No occupation sheet named: {', '.join(sorted(missing))}.")
    communes = set(
        Commune.objects.filter(insee__in=[entry["commune"] for entry in entries]).values_list("insee", flat=True)
    )
    packaged = [entry for entry in entries if (CLIPS / f"{entry['slug']}.mp4").is_file()]
    return [_clip_story(entry, place, communes, organisation, now) for place, entry in enumerate(packaged)]


@transaction.atomic
def _clip_story(entry: dict, place: int, communes: set, organisation: Organisation, now: datetime) -> Story:
    values = {
        name: entry[name]
        for name in ("title", "person", "job_form", "employer", "place", "audience", "image_description")
    }
    cues = [
        {"start": round(start * 1000), "end": round(end * 1000), "text": text} for start, end, text in entry["cues"]
    ]
    transcript = "\n".join(cue["text"].replace("\n", " ") for cue in cues)
    values |= {
        "occupation_id": entry["occupation"],
        "cues": cues,
        "transcript": transcript,
        "organisation": organisation,
    }
    values |= {"form": Story.Form.VIDEO, "is_demo": True, "shows_somebody": False}
    values["commune_id"] = entry["commune"] if entry["commune"] in communes else None
    # Three of them between two texts (see load_demo_stories).
    first = values | {"state": Story.State.PUBLISHED, "published_at": now - timedelta(seconds=10 + 20 * place)}
    story, _ = Story.objects.update_or_create(slug=entry["slug"], defaults=values, create_defaults=first)
    clip_id = uuid5(subject_of(story.slug), "clip")
    facts = {"kind": "video", "duration_ms": cues[-1]["end"] + 500, "width": WIDTH, "height": HEIGHT, "has_audio": True}
    facts["sizes"] = _lay_out(entry["slug"], Clip(pk=clip_id))
    kept = {
        "folder": story.folder,
        "state": Clip.State.READY,
        "progress": 100,
        "facts": facts,
        "name": f"{entry['slug']}.mp4",
    }
    clip, _ = Clip.objects.update_or_create(pk=clip_id, defaults=kept, create_defaults=kept | {"created_at": now})
    if story.clip is None:
        story.clip = clip
        story.save(update_fields=["clip"])
    return story


def _lay_out(slug: str, clip: Clip) -> dict[str, int]:
    """Copy the packaged files where the worker would have made them; returns their sizes in bytes by name."""
    sizes = {}
    for end, name in ((".mp4", "540.mp4"), (".webp", "poster.webp"), (".small.webp", "thumbnail.webp")):
        source, there = CLIPS / f"{slug}{end}", clip.file(name)
        sizes[name] = source.stat().st_size
        if not media().has(there) or media().read(there) != source.read_bytes():
            media().put(there, source)
    return sizes


def proofread_demo(*, now: datetime) -> None:
    """Proofread the demonstration stories whose words have changed since they last were."""
    known = dict(Proofreading.objects.filter(is_complete=True).values_list("story", "digest"))
    for story in (
        Story.objects.filter(is_demo=True).select_related("folder").prefetch_related("folder__photos").order_by("slug")
    ):
        if known.get(story.slug) != proofread_passages.digest(story):
            services.proofread(story=story, now=now)


# --- a studio where something happens

MISTAKEN = ("Les professionnels qui soutiens les familles sont rares.", "Moi, j’ai trouvé ma place.")
REVIEWED = (
    "On m’a demandé : « Tu fais quoi, toute la journée ? »",
    "J’écoute. J’aide. Je reste.",
    "Le soir, je sais pourquoi je me suis levée.",
)
TAKEN_DOWN = ("Mon premier jour, j’avais peur de mal faire.", "Une collègue m’a dit : « Reste près de moi. »")
ELSEWHERE = "https://www.tiktok.com/@exemple/video/demonstration"
PAPER = b"%PDF-1.4\n% Accord de demonstration : personne fictive.\n%%EOF\n"


def ensure_demo_studio(*, people: dict[str, User], now: datetime) -> None:
    """A draft with a mistake, a text to approve, a story taken down that a network still shows; made by the services."""
    organisation = people["mediator"].memberships.get().organisation
    if Story.objects.filter(organisation=organisation, created_by__isnull=False).exists():
        return
    _draft(people, "Ce que je n’avais pas prévu", MISTAKEN, now - timedelta(hours=5))
    reviewed = _draft(people, "« Tu fais quoi, toute la journée ? »", REVIEWED, now - timedelta(hours=3))
    services.submit(story=reviewed, user=people["mediator"], now=now - timedelta(hours=2))
    _taken_down(people, now)


def _draft(people: dict[str, User], title: str, lines: tuple[str, ...], now: datetime, **values) -> Story:
    occupation = Occupation.objects.get(slug="aide-a-domicile")
    values = {"form": Story.Form.TEXT, "shows_somebody": False, "place": "Saint-Exemple"} | values
    story = services.create(
        user=people["mediator"],
        now=now,
        title=title,
        occupation=occupation,
        lines=[{"text": line} for line in lines],
        **values,
    )
    services.proofread(story=story, now=now)
    return story


def _taken_down(people: dict[str, User], now: datetime) -> None:
    story = _draft(
        people,
        "Le premier jour",
        TAKEN_DOWN,
        now - timedelta(days=3),
        shows_somebody=True,
        person="Lou",
        job_form="feminine",
    )
    day, mediator, manager = timezone.localdate(now), people["mediator"], people["campaign_manager"]
    consent = rights.record_consent(
        story=story,
        user=mediator,
        kind=Consent.Kind.PERSON,
        name="Lou Exemple (personne fictive)",
        channels=["site", "tiktok"],
        starts=day - timedelta(days=3),
        ends=day + timedelta(days=365),
        proof=_proof(story, mediator, now),
        now=now - timedelta(days=3),
    )
    services.submit(story=story, user=mediator, now=now - timedelta(days=2))
    try:
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(Story.objects.get(pk=story.pk))),
            user=manager,
            now=now - timedelta(days=2),
        )
    except services.GatesClosed:
        # No Grammalecte on this machine: the story stays in review, and its page says why.
        return
    services.publish(story=story, user=manager, now=now - timedelta(days=2))
    rights.add_copy(story=story, user=manager, channel="tiktok", address=ELSEWHERE, now=now - timedelta(days=1))
    rights.withdraw_consent(
        consent=consent,
        user=mediator,
        reason="Lou l’a demandé par téléphone (démonstration).",
        now=now - timedelta(hours=1),
    )


def _proof(story: Story, user: User, now: datetime) -> Upload:
    upload = Upload(
        pk=uuid5(subject_of(story.slug), "proof"),
        folder=story.folder,
        purpose=Upload.Purpose.PROOF,
        name="accord-de-demonstration.pdf",
    )
    upload.size = upload.received = len(PAPER)
    upload.created_by, upload.created_at, upload.updated_at, upload.completed_at = user, now, now, now
    media().put(upload.file, PAPER)
    upload.save(force_insert=True)
    return upload
