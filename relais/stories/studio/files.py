"""The files of a story: which version of its video is shown, and what the floor of files asks of whoever owns them."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import transaction

from relais.accounts.models import User
from relais.foundation.events import record
from relais.foundation.refusals import WrongState
from relais.media import clips
from relais.media.models import Clip, MediaFolder, Upload
from relais.media.owners import Owner, Shown
from relais.media.uploads import WrongFile

from ..events import ClipPrepared
from ..models import FILES, Story
from . import captions, services
from .captions import Cue

CAPTIONS = "captions.vtt"
MAY_LEAVE = (Story.State.APPROVED, Story.State.PUBLISHED)
"""Once a second person has read it: only then does the copy for the networks go out."""
WRONG_KIND = {
    (
        Story.Form.VIDEO,
        "audio",
    ): "Ce fichier n’a pas d’image. Pour un témoignage à écouter, choisissez d’abord la forme « Son ».",
    (
        Story.Form.AUDIO,
        "video",
    ): "Ce fichier est une vidéo. Pour la montrer, choisissez d’abord la forme « Vidéo verticale ».",
}


@transaction.atomic
def use(*, story: Story, clip: UUID | None, user: User, now: datetime) -> Story:
    """Show this version rather than the one shown so far. Raises WrongState."""
    held = services.opened_for_change(story, user, now=now)
    found = held.clips.filter(pk=clip, state=Clip.State.READY).first()
    if found is None:
        raise WrongState("Cette version n’est pas prête.")
    held.clip = found
    held.save(update_fields=["clip"])
    return held


@transaction.atomic
def ask_burn(*, story: Story, now: datetime) -> Clip:
    """Ask for the copy of the version shown with its captions in the picture. Asked twice, it is made once. Raises WrongState."""
    held = services.locked(story)
    if held.clip is None:
        raise WrongState(clips.NOT_READY)
    return clips.ask_burn(clip=held.clip, now=now)


def _beside(story: Story) -> dict[str, bytes]:
    return {CAPTIONS: captions.to_vtt(captions.saved(story.cues)).encode()} if story.cues else {}


class StoryFiles(Owner):
    """A folder belongs to one story (`Story.folder`)."""

    kind = FILES

    def visible_to(self, user: User):
        return MediaFolder.objects.filter(story__in=Story.objects.visible_to(user))

    def check(self, folder: MediaFolder, purpose: str) -> None:
        story = folder.story
        if purpose == Upload.Purpose.CLIP and story.form not in (Story.Form.VIDEO, Story.Form.AUDIO):
            raise WrongFile("Ce témoignage n’est ni une vidéo ni un son : changez d’abord sa forme.")
        if purpose == Upload.Purpose.PHOTO and story.state not in services.CHANGEABLE:
            raise WrongFile(
                "Les photos d’un témoignage publié ou retiré ne changent pas : reprenez-le d’abord en brouillon."
            )

    def lock(self, folder: MediaFolder) -> None:
        services.locked(folder.story)

    def opened_for_change(self, folder: MediaFolder, user: User, *, now: datetime) -> None:
        services.opened_for_change(folder.story, user, now=now)

    def refuses(self, folder: MediaFolder, kind: str) -> str:
        return WRONG_KIND.get((folder.story.form, kind), "")

    def cues(self, folder: MediaFolder) -> list[Cue]:
        return captions.saved(Story.objects.only("cues").get(folder=folder).cues)

    def clip_ready(self, clip: Clip, *, now: datetime) -> None:
        story = services.locked(clip.folder.story)
        if story.state == Story.State.DRAFT:
            # Beyond the draft somebody has read or approved what was there: a person chooses the new version (`use`).
            story.clip = clip
            story.save(update_fields=["clip"])
        record(ClipPrepared(subject=clip.pk, story=story.slug, ready=True), now=now)

    def clip_refused(self, clip: Clip, *, now: datetime) -> None:
        record(ClipPrepared(subject=clip.pk, story=clip.folder.story.slug, ready=False), now=now)

    def published(self, now: datetime) -> Iterable[Shown]:
        stories = Story.objects.published(now).select_related("clip", "folder").prefetch_related("folder__photos")
        for story in stories:
            if story.clip:
                yield Shown(story.clip, partial(_beside, story))
            if story.form == Story.Form.PHOTOS:
                yield from map(Shown, story.photos.all())

    def in_use(self):
        return Upload.objects.filter(consent__isnull=False)
