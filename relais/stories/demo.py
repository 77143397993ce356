"""The demonstration of stories: clips made by a script and packaged (content/clips), and a studio with something in each state.

Every person, employer and place is invented, and marked so. Safe to run again: what is there is left as it is.
"""

import os
import shutil
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4, uuid5

from django.db import transaction
from django.utils import timezone

from relais.accounts.models import Organisation, User
from relais.catalogue.models import Commune, Occupation

from . import rights, services, words
from .history import subject_of
from .models import Clip, Consent, Proofreading, Story, Upload

CONTENT = Path(__file__).parent / "content"
CLIPS = CONTENT / "clips"
WIDTH, HEIGHT = 540, 960


def load_demo_clips(*, organisation: Organisation, now: datetime) -> list[Story]:
    """Publish the clips of content/clips.toml that are packaged, as that file says now. Raises services.UnknownOccupation."""
    entries = tomllib.loads((CONTENT / "clips.toml").read_text("utf-8"))["clips"]
    missing = {entry["occupation"] for entry in entries} - set(Occupation.objects.values_list("slug", flat=True))
    if missing:
        raise services.UnknownOccupation(f"No occupation sheet named: {', '.join(sorted(missing))}.")
    communes = set(Commune.objects.filter(insee__in=[entry["commune"] for entry in entries]).values_list("insee", flat=True))
    packaged = [entry for entry in entries if (CLIPS / f"{entry['slug']}.mp4").is_file()]
    return [_clip_story(entry, place, communes, organisation, now) for place, entry in enumerate(packaged)]


@transaction.atomic
def _clip_story(entry: dict, place: int, communes: set, organisation: Organisation, now: datetime) -> Story:
    values = {name: entry[name] for name in ("title", "person", "job_form", "employer", "place", "audience", "image_description")}
    cues = [{"start": round(start * 1000), "end": round(end * 1000), "text": text} for start, end, text in entry["cues"]]
    transcript = "\n".join(cue["text"].replace("\n", " ") for cue in cues)
    values |= {"occupation_id": entry["occupation"], "cues": cues, "transcript": transcript, "organisation": organisation}
    values |= {"form": Story.Form.VIDEO, "is_demo": True, "shows_somebody": False}
    values["commune_id"] = entry["commune"] if entry["commune"] in communes else None
    # Three of them between two texts (see services.load_demo_stories).
    first = values | {"state": Story.State.PUBLISHED, "published_at": now - timedelta(seconds=10 + 20 * place)}
    story, _ = Story.objects.update_or_create(slug=entry["slug"], defaults=values, create_defaults=first)
    clip_id = uuid5(subject_of(story.slug), "clip")
    facts = {"kind": "video", "duration_ms": cues[-1]["end"] + 500, "width": WIDTH, "height": HEIGHT, "has_audio": True}
    facts["sizes"] = _lay_out(entry["slug"], Clip(pk=clip_id).folder)
    kept = {"story": story, "state": Clip.State.READY, "progress": 100, "facts": facts, "name": f"{entry['slug']}.mp4"}
    clip, _ = Clip.objects.update_or_create(pk=clip_id, defaults=kept, create_defaults=kept | {"created_at": now})
    if story.clip is None:
        story.clip = clip
        story.save(update_fields=["clip"])
    return story


def _lay_out(slug: str, folder: Path) -> dict[str, int]:
    """Copy the packaged files where the worker would have made them; returns their sizes in bytes by name."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for end, name in ((".mp4", "540.mp4"), (".webp", "poster.webp"), (".small.webp", "thumbnail.webp")):
        source = CLIPS / f"{slug}{end}"
        target, sizes[name] = folder / name, source.stat().st_size
        if not target.exists() or target.read_bytes() != source.read_bytes():
            fresh = folder / f".{uuid4().hex}"
            shutil.copyfile(source, fresh)
            os.replace(fresh, target)
    return sizes


def proofread_demo(*, now: datetime) -> None:
    """Proofread the demonstration stories whose words have changed since they last were."""
    known = dict(Proofreading.objects.filter(is_complete=True).values_list("story", "digest"))
    for story in Story.objects.filter(is_demo=True).prefetch_related("photos").order_by("slug"):
        if known.get(story.slug) != words.digest(story):
            services.proofread(story=story, now=now)


# --- a studio where something happens

MISTAKEN = ("Les professionnels qui soutiens les familles sont rares.", "Moi, j’ai trouvé ma place.")
REVIEWED = ("On m’a demandé : « Tu fais quoi, toute la journée ? »", "J’écoute. J’aide. Je reste.", "Le soir, je sais pourquoi je me suis levée.")
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
    story = services.create(user=people["mediator"], now=now, title=title, occupation=occupation, lines=[{"text": line} for line in lines], **values)
    services.proofread(story=story, now=now)
    return story


def _taken_down(people: dict[str, User], now: datetime) -> None:
    story = _draft(people, "Le premier jour", TAKEN_DOWN, now - timedelta(days=3), shows_somebody=True, person="Lou", job_form="feminine")
    day, mediator, manager = timezone.localdate(now), people["mediator"], people["campaign_manager"]
    consent = rights.record_consent(
        story=story, user=mediator, kind=Consent.Kind.PERSON, name="Lou Exemple (personne fictive)", channels=["site", "tiktok"],
        starts=day - timedelta(days=3), ends=day + timedelta(days=365), proof=_proof(story, mediator, now), now=now - timedelta(days=3),
    )  # fmt: skip
    services.submit(story=story, user=mediator, now=now - timedelta(days=2))
    try:
        services.approve(story=story, seen=services.whole_fingerprint(Story.objects.get(pk=story.pk)), user=manager, now=now - timedelta(days=2))
    except services.GatesClosed:
        # No Grammalecte on this machine: the story stays in review, and its page says why.
        return
    services.publish(story=story, user=manager, now=now - timedelta(days=2))
    rights.add_copy(story=story, user=manager, channel="tiktok", address=ELSEWHERE, now=now - timedelta(days=1))
    rights.withdraw_consent(consent=consent, user=mediator, reason="Lou l’a demandé par téléphone (démonstration).", now=now - timedelta(hours=1))


def _proof(story: Story, user: User, now: datetime) -> Upload:
    upload = Upload(pk=uuid5(subject_of(story.slug), "proof"), story=story, purpose=Upload.Purpose.PROOF, name="accord-de-demonstration.pdf")
    upload.size = upload.received = len(PAPER)
    upload.created_by, upload.created_at, upload.updated_at, upload.completed_at = user, now, now, now
    upload.path.parent.mkdir(parents=True, exist_ok=True)
    upload.path.write_bytes(PAPER)
    upload.save(force_insert=True)
    return upload
