"""What a campaign manager does: make a touch."""

from datetime import datetime, timedelta

from django.db import transaction

from relais.accounts.models import Organisation, Role, User
from relais.foundation.codes import TOUCH_LENGTH, readable
from relais.foundation.refusals import AlreadyThere, NotAllowed
from relais.stories.models import ExternalCopy, Story

from .models import Touch

DEMO_AGE = timedelta(days=60)
"""Older than the first follow that the demonstration lives through."""
DEMO_TOUCHES = (
    # (code, kind, label). Codes are fixed: they are printed in the documentation.
    ("K7QM3", Touch.Kind.POSTER, "Abribus Montargis, démonstration"),
    ("A4WQ7", Touch.Kind.VIDEO, "Vidéo verticale, version 15 secondes, démonstration"),
    ("C9RT6", Touch.Kind.VIDEO, "Vidéo verticale, version 40 secondes, démonstration"),
    ("D3HKX", Touch.Kind.AMBASSADOR, "Ambassadrice sur son terrain de sport, démonstration"),
    ("F6NJP", Touch.Kind.CLASS, "Classe de troisième visitée, démonstration"),
    ("G7YAE", Touch.Kind.POSTER, "Affiche du foyer de jeunes, démonstration"),
)


class NoFreeCode(Exception):
    """No unused code was found: the length of codes must grow."""


@transaction.atomic
def create_touch(*, user: User, kind: str, label: str, story: Story | None, now: datetime) -> Touch:
    """A new touch of the organisation whose campaigns `user` manages. Raises NotAllowed, AlreadyThere, NoFreeCode."""
    # The lock makes two identical forms, sent at once, one touch.
    organisation = user.organisations(Role.CAMPAIGN_MANAGER).select_for_update().order_by("pk").first()
    if organisation is None:
        raise NotAllowed("Seule une personne responsable de campagne peut créer un contact.")
    if organisation.touches.filter(kind=kind, label__iexact=label).exists():
        raise AlreadyThere(
            "Un contact de cette sorte porte déjà ce nom. Choisissez un nom qui dit ce qui change : le lieu, la date, la version."
        )
    return Touch.objects.create(
        code=_free_code(),
        kind=kind,
        label=label,
        story=story,
        organisation=organisation,
        is_demo=organisation.is_demo,
        created_at=now,
    )


def make_touches(organisation: Organisation, values: list[tuple[str, str, str]], now: datetime) -> int:
    """New touches (kind, label, slug of a story or "") of an organisation that the caller holds locked. How many. Raises NoFreeCode."""
    codes = _free_codes(len(values))
    Touch.objects.bulk_create(
        Touch(
            code=code,
            kind=kind,
            label=label,
            story_id=story or None,
            organisation=organisation,
            is_demo=organisation.is_demo,
            created_at=now,
        )
        for code, (kind, label, story) in zip(codes, values, strict=True)
    )
    return len(codes)


@transaction.atomic
def ensure_share_touch(*, story: Story, now: datetime) -> Touch:
    """The touch that the share button of `story` gives away, made the first time. Raises NoFreeCode."""
    label = f"Partage : {story.title}"[: Touch._meta.get_field("label").max_length]
    values = {
        "code": _free_code(),
        "label": label,
        "organisation_id": story.organisation_id,
        "is_demo": story.is_demo,
        "created_at": now,
    }
    return Touch.objects.get_or_create(story=story, kind=Touch.Kind.SHARE, defaults=values)[0]


@transaction.atomic
def ensure_copy_touch(*, copy: ExternalCopy, now: datetime) -> Touch:
    """The touch of a story where it is shown elsewhere: one a network, whatever the number of addresses there. Raises NoFreeCode."""
    story = copy.story
    label = f"{copy.get_channel_display()} : {story.title}"[: Touch._meta.get_field("label").max_length]
    values = {"code": _free_code(), "is_demo": story.is_demo, "created_at": now}
    return Touch.objects.get_or_create(
        story=story, kind=Touch.Kind.VIDEO, label=label, organisation_id=story.organisation_id, defaults=values
    )[0]


def _free_code() -> str:
    return _free_codes(1)[0]


def _free_codes(number: int) -> list[str]:
    """So many codes that nobody has. Raises NoFreeCode."""
    found: set[str] = set()
    for _ in range(50):
        found |= {readable(TOUCH_LENGTH) for _ in range(number - len(found))}
        found -= set(Touch.objects.filter(pk__in=found).values_list("pk", flat=True))
        if len(found) == number:
            return sorted(found)
    raise NoFreeCode("Aucun code libre n’a été trouvé.")


@transaction.atomic
def ensure_demo_touches(*, organisation: Organisation, now: datetime) -> list[Touch]:
    """The touches of the demonstration, spread on its testimonies; made once, and given a testimony when they have none."""
    stories = list(
        Story.objects.published(now).filter(is_demo=True).select_related("occupation").order_by("-published_at", "slug")
    )
    # A poster leads to a job whose sheet has all there is to say: how long one studies, and up to where.
    led_to = [story for story in stories if story.occupation.level] or stories
    touches = []
    for number, (code, kind, label) in enumerate(DEMO_TOUCHES):
        values = {
            "kind": kind,
            "label": label,
            "organisation": organisation,
            "is_demo": True,
            "created_at": now - DEMO_AGE,
        }
        touch, _ = Touch.objects.get_or_create(code=code, defaults=values)
        if touch.story is None and led_to:
            touch.story = led_to[number % len(led_to)]
            touch.save(update_fields=["story"])
        touches.append(touch)
    for story in stories:
        ensure_share_touch(story=story, now=now)
    return touches
