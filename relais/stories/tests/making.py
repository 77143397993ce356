"""What tests of the studio make: a team, a story that passes every gate, its files."""

from datetime import timedelta

from django.utils import timezone

from relais.foundation import meanwhile
from relais.media.models import Clip, Upload
from relais.media.tests.places import place
from relais.stories.models import Consent, Story
from relais.stories.studio import rights, services
from tests import builders

CUES = [
    {"start": 0, "end": 2000, "text": "Être au cœur de leur histoire."},
    {"start": 2000, "end": 4000, "text": "C’est mon métier."},
]
SITE = ["site"]


def draft(people, now, **values) -> Story:
    """A video with nothing but a title, made by the mediator."""
    values = {"title": "Être au cœur", "form": Story.Form.VIDEO, "occupation": builders.occupation()} | values
    return services.create(user=people["mediator"], now=now, **values)


def clip(story, now, **values) -> Clip:
    """A clip made ready, with its files."""
    facts = {
        "duration_ms": 4000,
        "kind": "video",
        "width": 540,
        "height": 960,
        "sizes": {"540.mp4": 1, "1080.mp4": 1, "poster.webp": 1},
    }
    made = Clip.objects.create(folder=story.folder, state=Clip.State.READY, created_at=now, facts=facts, **values)
    place(made).mkdir(parents=True)
    for name in (
        "source",
        "540.mp4",
        "1080.mp4",
        "poster.webp",
        "thumbnail.webp",
        "poster.jpg",
        "network.mp4",
        "facts.json",
    ):
        (place(made) / name).write_bytes(f"{made.pk} {name}".encode())
    return made


def proof(story, now) -> Upload:
    values = {
        "name": "accord.pdf",
        "size": 9,
        "received": 9,
        "created_by": story.created_by,
        "created_at": now,
        "updated_at": now,
    }
    return Upload.objects.create(folder=story.folder, purpose=Upload.Purpose.PROOF, completed_at=now, **values)


def consent(story, now, kind="person", *, name="", channels=SITE, starts=None, ends=None) -> Consent:
    today = timezone.localdate(now)
    return rights.record_consent(
        story=story,
        user=story.created_by,
        kind=kind,
        name=name or f"{kind} signataire",
        channels=list(channels),
        starts=starts or today,
        ends=ends or today + timedelta(days=365),
        proof=proof(story, now),
        now=now,
    )


def whole(people, now, **values) -> Story:
    """A video of a minor at an employer's, with everything but the reviews."""
    values = {
        "employer": "Les Tilleuls",
        "shows_somebody": True,
        "person_is_minor": True,
        "person": "Lou",
        "job_form": "feminine",
    } | values
    story = draft(people, now, **values)
    Story.objects.filter(pk=story.pk).update(
        cues=CUES,
        transcript="Être au cœur de leur histoire. C’est mon métier.",
        image_description="Une éducatrice parle dans un jardin.",
        clip=clip(story, now),
        is_demo=False,
    )
    story.refresh_from_db()
    for kind in Consent.Kind.values:
        consent(story, now, kind)
    services.proofread(story=story, now=now)
    return again(story)


def approved(people, now, **values) -> Story:
    story = whole(people, now, **values)
    services.submit(story=story, user=people["mediator"], now=now)
    return services.approve(
        story=story,
        seen=meanwhile.fingerprint(services.told_whole(again(story))),
        user=people["campaign_manager"],
        now=now,
    )


def published(people, now, **values) -> Story:
    return services.publish(story=approved(people, now, **values), user=people["campaign_manager"], now=now)


def again(story) -> Story:
    """As the database has it, with nothing remembered."""
    return Story.objects.get(pk=story.pk)
