"""The order of the feed, which anybody can check: what the person ticked, then the newest, employers in turn.

Nothing else counts: not what was watched, not for how long, not how many people liked it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import islice
from urllib.parse import urljoin

from django.db.models import Q, QuerySet, prefetch_related_objects

from relais.media import published_files
from relais.media.models import Clip, Photo

from ..models import ReactionCount, Story
from .preferences import Preferences
from .reactions import SHOWN_FROM

PER_PAGE = 12
"""After so many comes a pause."""
NEWEST = 500
"""How many stories the feed arranges: older ones are found in the list."""

REACTIONS = ReactionCount.Kind.choices


class Because(StrEnum):
    OCCUPATION = "occupation"
    AUDIENCE = "audience"
    NEW = "new"


@dataclass(frozen=True)
class Card:
    """What the order needs to know of a story."""

    slug: str
    occupation: str
    audiences: tuple[str, ...]
    employer: str
    published_at: datetime


@dataclass(frozen=True)
class Place:
    """`moved`: another story came first by date and waits, because its employer was just shown (or will be too often)."""

    card: Card
    because: Because
    moved: bool


def reason(card: Card, preferences: Preferences) -> Because:
    if card.occupation in preferences.occupations:
        return Because.OCCUPATION
    return Because.AUDIENCE if set(card.audiences) & set(preferences.audiences) else Because.NEW


def arranged(cards: Iterable[Card], preferences: Preferences) -> Iterator[Place]:
    """All `cards`, each once: followed occupations, then ticked audiences, then the rest, the newest first in each.

    Never twice in a row the same employer, as long as there is another one to show in between.
    """
    rank = {because: number for number, because in enumerate(Because)}
    waiting = sorted(
        cards, key=lambda card: (rank[reason(card, preferences)], -card.published_at.timestamp(), card.slug)
    )
    left, last = Counter(filter(None, (_name(card) for card in waiting))), ""
    while waiting:
        employer, count = left.most_common(1)[0] if left else ("", 0)
        # An employer with more than half of what is left must come now, else its stories would end up side by side.
        pressing = employer if count > len(waiting) // 2 and employer != last else ""
        at = next((at for at, card in enumerate(waiting) if _fits(_name(card), last, pressing)), 0)
        card = waiting.pop(at)
        last = _name(card)
        if last:
            left[last] -= 1
        yield Place(card, reason(card, preferences), moved=at > 0)


def _fits(employer: str, last: str, pressing: str) -> bool:
    return employer == pressing if pressing else not employer or employer != last


def _name(card: Card) -> str:
    return " ".join(card.employer.casefold().split())


def cards(now: datetime) -> list[Card]:
    """The newest published stories, in one light query."""
    rows = (
        Story.objects.published(now)
        .order_by("-published_at", "slug")
        .values_list("slug", "occupation", "audience", "occupation__audiences", "employer", "published_at")[:NEWEST]
    )
    return [
        Card(slug, occupation, (audience,) if audience else tuple(of_job), employer, published_at)
        for slug, occupation, audience, of_job, employer, published_at in rows
    ]


def about(stories: QuerySet, audience: str) -> QuerySet:
    """Those where one works with `audience`: as the story says or, when it does not, as its occupation does."""
    return stories.filter(Q(audience=audience) | Q(audience="", occupation__audiences__contains=[audience]))


def places(now: datetime) -> dict[str, str]:
    """Where there are stories: code of the département → « 45 : Montargis, Orléans »."""
    found: dict[str, list[str]] = {}
    rows = Story.objects.published(now).exclude(commune=None).order_by("commune__departement", "commune__name")
    for departement, name in rows.values_list("commune__departement", "commune__name").distinct():
        found.setdefault(departement, []).append(name)
    return {code: f"{code} : {', '.join(names[:3])}{'…' if len(names) > 3 else ''}" for code, names in found.items()}


@dataclass
class Panel:
    """One story as a page shows it. Addresses are "" when there is no such file. `said`: kinds of reaction sent from this device;
    `share`: the address to give to others, set by whoever knows it."""

    story: Story
    place: Place | None = None
    kept: bool = False
    followed: bool = False
    said: set[str] = field(default_factory=set)
    reactions: dict[str, int] = field(default_factory=dict)
    photos: list[Photo] = field(default_factory=list)
    share: str = ""

    @property
    def has_clip(self) -> bool:
        clip = self.story.clip
        return clip is not None and clip.state == Clip.State.READY

    def file(self, name: str, root: str = "") -> str:
        """The address of a published file of its clip; a whole one when the address of the site is given."""
        return urljoin(root, published_files.address(self.story.clip_id, name))

    @property
    def is_elsewhere(self) -> bool:
        """Whether its files are on another host: captions are then read only if that host says that our pages may."""
        return published_files.are_elsewhere()

    def picture(self, photo: Photo) -> str:
        return published_files.address(photo.pk, published_files.PHOTO)

    @property
    def shows(self) -> str:
        """video, audio, photos or text: what there is to show, whatever was planned."""
        if self.has_clip and self.story.form in (Story.Form.VIDEO, Story.Form.AUDIO):
            return self.story.form
        return Story.Form.PHOTOS if self.photos else Story.Form.TEXT

    def has(self, name: str) -> bool:
        """Whether the worker made that file of the clip."""
        return name in self.story.clip.facts.get("sizes", {})

    @property
    def is_wide(self) -> bool:
        """A picture wider than a telephone held upright is shown whole."""
        facts = self.story.clip.facts
        return facts.get("width", 9) * 10 > facts.get("height", 16) * 7

    @property
    def length(self) -> int:
        """Seconds."""
        return round(self.story.clip.facts.get("duration_ms", 0) / 1000)


def panels(stories: QuerySet, preferences: Preferences) -> list[Panel]:
    """The stories with all that a page says of them, in two queries, and a third when there are photos."""
    found = list(stories.select_related("occupation", "clip", "folder").prefetch_related("reactions"))
    prefetch_related_objects([story for story in found if story.form == Story.Form.PHOTOS], "folder__photos")
    return [
        Panel(
            story=story,
            kept=story.pk in preferences.saved,
            followed=story.occupation_id in preferences.occupations,
            said=preferences.kinds_said(story.pk),
            reactions={one.kind: one.number for one in story.reactions.all() if one.number >= SHOWN_FROM},
            photos=list(story.photos.all()) if story.form == Story.Form.PHOTOS else [],
        )
        for story in found
    ]


@dataclass
class Page:
    panels: list[Panel]
    number: int
    has_next: bool


def page(preferences: Preferences, now: datetime, number: int = 1, *, only_followed: bool = False) -> Page:
    """Page `number` (from 1) of the feed as `preferences` arrange it; with `only_followed`, of the occupations followed alone."""
    chosen = (card for card in cards(now) if not only_followed or card.occupation in preferences.occupations)
    places = list(islice(arranged(chosen, preferences), (number - 1) * PER_PAGE, number * PER_PAGE + 1))
    shown = {place.card.slug: place for place in places[:PER_PAGE]}
    found = (
        {panel.story.pk: panel for panel in panels(Story.objects.published(now).filter(pk__in=shown), preferences)}
        if shown
        else {}
    )
    for slug, panel in found.items():
        panel.place = shown[slug]
    # A story withdrawn between the two queries is simply not there.
    return Page([found[slug] for slug in shown if slug in found], number, has_next=len(places) > PER_PAGE)
