"""From a file as sent to what can be shown: clips wait, one worker takes each, and a dead worker's work starts again.

A clip has two lives of the same shape: its preparation (`state`), then the burning of its captions into the copy meant
for networks (`burn_state`). `attempts` and `progress` are those of the work under way.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from relais.foundation import claims, loops, states
from relais.foundation.database.patience import let_go
from relais.foundation.outage import is_away
from relais.foundation.refusals import WrongState

from . import published_files, video
from .models import CLIPS, SOURCE, Clip, Upload
from .owners import owner_of
from .storage import media
from .video import Cue

log = logging.getLogger(__name__)
BELL = "clips"
LEASE = timedelta(seconds=60)
"""Work that nobody has held for so long belongs to whoever asks next; also the rest between two attempts."""
TRIES = 3
State = Clip.State
PENDING = (State.WAITING, State.WORKING)
TRIED = f"La préparation s’est arrêtée {TRIES} fois avant la fin, et nous n’en savons pas la raison. Exportez-la de nouveau en MP4 1080p."

NOT_READY = "La vidéo n’est pas encore prête."


# --- what people ask for


def add(*, upload: Upload, now: datetime) -> Clip:
    """A clip out of a complete upload, inside the caller's transaction. It has the number of the upload: its source is already there."""
    clip = Clip.objects.create(pk=upload.pk, folder=upload.folder, name=upload.name, created_at=now)
    loops.wake(BELL)
    return clip


@transaction.atomic
def ask_burn(*, clip: Clip, now: datetime) -> Clip:
    """Ask for the copy with its captions in the picture. Asked twice, it is made once. Raises WrongState."""
    owner_of(clip.folder).lock(clip.folder)
    clip = Clip.objects.select_for_update().get(pk=clip.pk)
    if clip.state != State.READY or clip.facts.get("kind") != "video":
        raise WrongState(NOT_READY)
    if not owner_of(clip.folder).cues(clip.folder):
        raise WrongState("Il n’y a pas de sous-titres à incruster : écrivez-les et enregistrez-les d’abord.")
    if clip.burn_state not in PENDING:
        states.turn(clip, State.WAITING, "burn_state")
        clip.burn_reason, clip.burn_claimed_at = "", None
        clip.attempts = clip.progress = 0
        clip.save(update_fields=["burn_state", "burn_reason", "burn_claimed_at", "attempts", "progress"])
        loops.wake(BELL)
    return clip


def digest_of(cues: Iterable[Cue]) -> str:
    """Changes when a caption does."""
    return hashlib.sha256(
        json.dumps([[cue.start_ms, cue.end_ms, cue.text] for cue in cues], ensure_ascii=False).encode()
    ).hexdigest()


# --- the worker


@dataclass
class Held:
    """Work that this process holds. It stays ours as long as `hold` says so: every write asks the row whether it still is."""

    clip: Clip
    is_burn: bool

    @classmethod
    def of(cls, clip: Clip) -> "Held":
        """A clip that is ready has only its captions left to burn."""
        return cls(clip, is_burn=clip.state == State.READY)

    @property
    def columns(self) -> tuple[str, str, str]:
        """The names of the columns of its state, its claim and its reason."""
        return ("burn_state", "burn_claimed_at", "burn_reason") if self.is_burn else ("state", "claimed_at", "reason")

    def settle(self, state: str, *, at: datetime | None, reason: str = "", **values) -> bool:
        """Write how it stands; False when somebody else has taken it meanwhile."""
        names = self.columns
        ours = {"pk": self.clip.pk, names[0]: State.WORKING, names[1]: getattr(self.clip, names[1])}
        values |= {names[1]: at, names[2]: reason[:300]}
        if not states.move_all(Clip.objects.filter(**ours), state, names[0], **values):
            return False
        for name, value in {names[0]: state, **values}.items():
            setattr(self.clip, name, value)
        return True


def work(*, alive: Callable[[datetime], object] = lambda now: None) -> int:
    """Do all that waits, one clip at a time; returns how many were taken. `alive` is called every few seconds meanwhile."""
    taken = 0
    while not loops.stopping.is_set() and (held := _take(timezone.now())):
        _do(held, alive)
        taken += 1
    return taken


def _take(now: datetime) -> Held | None:
    """The oldest work that nobody holds. What was tried too often is refused in words on the way."""
    rested = now - LEASE
    prepare = Q(state__in=PENDING) & (Q(claimed_at=None) | Q(claimed_at__lt=rested))
    burn = Q(burn_state__in=PENDING) & (Q(burn_claimed_at=None) | Q(burn_claimed_at__lt=rested))

    def take(clip: Clip) -> None:
        names = Held.of(clip).columns
        states.turn(clip, State.WORKING, names[0])
        for name, value in ((names[1], now), ("progress", 0), ("attempts", clip.attempts + 1)):
            setattr(clip, name, value)
        clip.save(update_fields=[*names[:2], "progress", "attempts"])

    while clip := claims.first(Clip.objects.filter(prepare | burn), take):
        if clip.attempts <= TRIES:
            return Held.of(clip)
        _refuse(Held.of(clip), TRIED, now)
    return None


def _do(held: Held, alive: Callable[[datetime], object]) -> None:
    watch = _Watch(held, alive)
    try:
        result = _burn(held.clip, watch) if held.is_burn else _prepare(held.clip, watch)
    except video.Refused as error:
        _refuse(held, str(error), timezone.now())
    except video.Stopped:
        if loops.stopping.is_set():
            # Asked to end: the next worker takes it at once, and this did not count.
            held.settle(State.WAITING, at=None, attempts=held.clip.attempts - 1)
    except (video.Failed, FileNotFoundError) as error:
        log.warning("Clip %s, attempt %s: %s", held.clip.pk, held.clip.attempts, error)
        if held.clip.attempts >= TRIES:
            _refuse(held, str(error) if isinstance(error, video.Failed) else TRIED, timezone.now())
        else:
            held.settle(State.WAITING, at=timezone.now(), reason=str(error) if isinstance(error, video.Failed) else "")
    except Exception as error:
        if is_away(error):
            raise
        # A storage that does not answer, a disk that is full: it says nothing of the file, which waits for as long as that lasts.
        log.exception("Clip %s could not be worked on; it waits", held.clip.pk)
        loops.spoil()
        held.settle(State.WAITING, at=timezone.now(), attempts=held.clip.attempts - 1)
    else:
        _finish(held, result, timezone.now())


class _Watch:
    """Between the process that decodes and the row: tells how far it is, renews the lease, sees when to stop."""

    EVERY = 1.0
    ALIVE_EVERY = 10.0

    def __init__(self, held: Held, alive: Callable[[datetime], object]):
        self.held, self.alive = held, alive
        self.part, self.told, self.beaten, self.is_lost = 0.0, monotonic(), 0.0, False

    def progress(self, part: float) -> None:
        self.part = part

    def should_stop(self) -> bool:
        if monotonic() - self.told >= self.EVERY:
            self.told = monotonic()
            self.is_lost = not self.held.settle(
                State.WORKING, at=timezone.now(), progress=min(99, int(self.part * 100))
            )
            if self.told - self.beaten >= self.ALIVE_EVERY:
                self.beaten = self.told
                self.alive(timezone.now())
            # The child works for minutes; the row is looked at each second.
            let_go()
        return self.is_lost or loops.stopping.is_set()


def _prepare(clip: Clip, watch: _Watch) -> dict:
    with media().on_disk(clip.file(SOURCE)) as source:
        if why := owner_of(clip.folder).refuses(clip.folder, video.inspect(source).kind):
            raise video.Refused(why)
        with media().workroom(clip.place) as room:
            facts = video.run(source, room, on_progress=watch.progress, should_stop=watch.should_stop)
    return {"facts": facts}


def _burn(clip: Clip, watch: _Watch) -> dict:
    # Read now: the captions may have changed since it was asked for.
    cues = owner_of(clip.folder).cues(clip.folder)
    if not cues:
        raise video.Refused("Il n’y a plus de sous-titres à incruster.")
    # Demonstration clips are packaged in the small size only.
    largest = next((name for name in ("1080.mp4", "540.mp4") if media().has(clip.file(name))), "1080.mp4")
    with media().on_disk(clip.file(largest)) as path, media().workroom(clip.place) as room:
        video.burn(path, cues, room / "network.mp4", on_progress=watch.progress, should_stop=watch.should_stop)
    return {"burn_digest": digest_of(cues)}


@transaction.atomic
def _finish(held: Held, result: dict, now: datetime) -> None:
    owner = owner_of(held.clip.folder)
    owner.lock(held.clip.folder)
    if not held.settle(State.READY, at=None, progress=100, attempts=0, **result) or held.is_burn:
        return
    owner.clip_ready(held.clip, now=now)
    loops.wake(published_files.BELL)
    # The file as sent knows where and on which telephone it was filmed; nothing needs it any more.
    transaction.on_commit(lambda: media().remove(held.clip.file(SOURCE)))


@transaction.atomic
def _refuse(held: Held, reason: str, now: datetime) -> None:
    if held.settle(State.REFUSED, at=now, reason=reason, attempts=0) and not held.is_burn:
        owner_of(held.clip.folder).clip_refused(held.clip, now=now)


# --- what is left lying


def remove_strays(now: datetime) -> None:
    """Remove sources of what is ready, and folders that neither a clip names nor a file on its way."""
    coming = Upload.objects.filter(purpose=Upload.Purpose.CLIP, completed_at=None)
    coming = {str(pk) for pk in coming.order_by().values_list("pk", flat=True)}
    # After: what arrives between the two is named by one of them.
    known = dict(Clip.objects.order_by().values_list("pk", "state"))
    known = {str(pk): state for pk, state in known.items()}
    for name, changed in media().entries(CLIPS):
        if known.get(name) == State.READY:
            media().remove(f"{CLIPS}/{name}/{SOURCE}")
        # An hour: its row may be in a transaction that has not ended.
        elif name not in known and name not in coming and changed < now - timedelta(hours=1):
            media().remove_folder(f"{CLIPS}/{name}")
