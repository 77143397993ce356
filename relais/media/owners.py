"""What files are part of. An app that has files makes a `MediaFolder` for each thing it owns, and says what may be done with those of a kind:

    add(StoryFiles())

in its `subjects.py` (see `foundation/subjects.py`). Files know nothing else of what they belong to.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from relais.accounts.models import User
from relais.foundation.subjects import Hook

from .models import Clip, MediaFolder, Photo, Upload
from .video import Cue


@dataclass(frozen=True)
class Shown:
    """Something that everybody may see; `beside()`: files that its owner writes, {name: bytes}, made in its own turn: it may fail."""

    what: Clip | Photo
    beside: Callable[[], Mapping[str, bytes]] = dict


class Owner(Hook):
    """What is asked of a kind that folders of files are part of."""

    def visible_to(self, user: User) -> QuerySet[MediaFolder]:
        """Those of its folders that `user` works with."""
        return MediaFolder.objects.none()

    def check(self, folder: MediaFolder, purpose: str) -> None:
        """May such a file come now? Raises uploads.WrongFile."""

    def lock(self, folder: MediaFolder) -> None:
        """Hold what these files are part of until the end of the transaction."""

    def opened_for_change(self, folder: MediaFolder, user: User, *, now: datetime) -> None:
        """Hold it, for `user` who is about to change what is seen of it. Raises WrongState."""

    def refuses(self, folder: MediaFolder, kind: str) -> str:
        """Why a clip of this kind ("video" or "audio") is not what is awaited, in a sentence for who sent it; "" when it is."""
        return ""

    def cues(self, folder: MediaFolder) -> list[Cue]:
        """The captions to burn, as they are now."""
        return []

    def clip_ready(self, clip: Clip, *, now: datetime) -> None:
        """The clip can be shown; inside the transaction that says so, behind `lock`."""

    def clip_refused(self, clip: Clip, *, now: datetime) -> None: ...

    def published(self, now: datetime) -> Iterable[Shown]:
        """All that everybody may see at `now`."""
        return ()

    def in_use(self) -> QuerySet[Upload]:
        """Uploads that something names, and that stay as long as it does."""
        return Upload.objects.none()


def owner_of(folder: MediaFolder) -> Owner:
    return Owner.of(folder.kind)


def visible_to(user: User) -> QuerySet[MediaFolder]:
    """The folders whose files `user` may read before anybody else, and add to."""
    own = [Q(pk__in=owner.visible_to(user).order_by().values("pk")) for owner in Owner.all()]
    return MediaFolder.objects.filter(reduce(or_, own, Q(pk__in=[])))
