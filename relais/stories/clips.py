"""From a file as sent to what can be shown: clips wait, one worker takes each, and a dead worker's work starts again.

A clip has two lives of the same shape: its preparation (`state`), then the burning of its captions into the copy meant
for networks (`burn_state`). `attempts` and `progress` are those of the work under way.
"""

import contextlib
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from relais.accounts.models import User
from relais.foundation import claims, loops, states
from relais.foundation.events import record
from relais.foundation.refusals import WrongState

from . import services, video
from .captions import Cue
from .events import ClipPrepared
from .models import Clip, Story, Upload

log = logging.getLogger(__name__)
BELL = "clips"
LEASE = timedelta(seconds=60)
"""Work that nobody has held for so long belongs to whoever asks next; also the rest between two attempts."""
TRIES = 3
State = Clip.State
PENDING = (State.WAITING, State.WORKING)
TRIED = f"La préparation s’est arrêtée {TRIES} fois avant la fin, et nous n’en savons pas la raison. Exportez-la de nouveau en MP4 1080p."


MAY_LEAVE = (Story.State.APPROVED, Story.State.PUBLISHED)
"""Once a second person has read it: only then does the copy for the networks go out."""


# --- what people ask for


def add(*, upload: Upload, now: datetime) -> Clip:
    """A clip out of a complete upload, inside the caller's transaction. A second name for the same bytes: a crash loses nothing."""
    clip = Clip.objects.create(story=upload.story, name=upload.name, created_at=now)
    clip.folder.mkdir(parents=True)
    os.link(upload.path, clip.folder / "source")
    transaction.on_commit(lambda: upload.path.unlink(missing_ok=True))
    loops.ring(BELL)
    return clip


@transaction.atomic
def use(*, story: Story, clip: UUID | None, user: User, now: datetime) -> Story:
    """Show this version rather than the one shown so far. Raises WrongState."""
    held = services.opened_for_change(story, user, now=now)
    found = held.clips.filter(pk=clip, state=State.READY).first()
    if found is None:
        raise WrongState("Cette version n’est pas prête.")
    held.clip = found
    held.save(update_fields=["clip"])
    return held


@transaction.atomic
def ask_burn(*, story: Story, now: datetime) -> Clip:
    """Ask for the copy with its captions in the picture. Asked twice, it is made once. Raises WrongState."""
    held = services.locked(story)
    clip = held.clip and Clip.objects.select_for_update().get(pk=held.clip_id)
    if clip is None or clip.state != State.READY or clip.facts.get("kind") != "video":
        raise WrongState("La vidéo n’est pas encore prête.")
    if not held.cues:
        raise WrongState("Il n’y a pas de sous-titres à incruster : écrivez-les et enregistrez-les d’abord.")
    if clip.burn_state not in PENDING:
        states.turn(clip, State.WAITING, "burn_state")
        clip.burn_reason, clip.burn_claimed_at = "", None
        clip.attempts = clip.progress = 0
        clip.save(update_fields=["burn_state", "burn_reason", "burn_claimed_at", "attempts", "progress"])
        loops.ring(BELL)
    return clip


def cues_of(story: Story) -> list[Cue]:
    return [Cue(cue["start"], cue["end"], cue["text"]) for cue in story.cues]


def digest_of(cues: list[Cue]) -> str:
    """Changes when a caption does."""
    return hashlib.sha256(json.dumps([[cue.start_ms, cue.end_ms, cue.text] for cue in cues], ensure_ascii=False).encode()).hexdigest()


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
    except (video.Failed, OSError) as error:
        log.warning("Clip %s, attempt %s: %s", held.clip.pk, held.clip.attempts, error)
        if held.clip.attempts >= TRIES:
            _refuse(held, str(error) if isinstance(error, video.Failed) else TRIED, timezone.now())
        else:
            held.settle(State.WAITING, at=timezone.now(), reason=str(error) if isinstance(error, video.Failed) else "")
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
            self.is_lost = not self.held.settle(State.WORKING, at=timezone.now(), progress=min(99, int(self.part * 100)))
            if self.told - self.beaten >= self.ALIVE_EVERY:
                self.beaten = self.told
                self.alive(timezone.now())
        return self.is_lost or loops.stopping.is_set()


def _prepare(clip: Clip, watch: _Watch) -> dict:
    source = clip.folder / "source"
    kind = video.inspect(source).kind
    if clip.story.form == Story.Form.VIDEO and kind != "video":
        raise video.Refused("Ce fichier n’a pas d’image. Pour un témoignage à écouter, choisissez d’abord la forme « Son ».")
    if clip.story.form == Story.Form.AUDIO and kind != "audio":
        raise video.Refused("Ce fichier est une vidéo. Pour la montrer, choisissez d’abord la forme « Vidéo verticale ».")
    return {"facts": video.run(source, clip.folder, on_progress=watch.progress, should_stop=watch.should_stop)}


def _burn(clip: Clip, watch: _Watch) -> dict:
    # Read now: the captions may have changed since it was asked for.
    cues = cues_of(Story.objects.only("cues").get(pk=clip.story_id))
    if not cues:
        raise video.Refused("Il n’y a plus de sous-titres à incruster.")
    target = clip.folder / "network.mp4"
    # Demonstration clips are packaged in the small size only.
    largest = next((path for name in ("1080.mp4", "540.mp4") if (path := clip.folder / name).is_file()), clip.folder / "1080.mp4")
    video.burn(largest, cues, target, on_progress=watch.progress, should_stop=watch.should_stop)
    return {"burn_digest": digest_of(cues)}


@transaction.atomic
def _finish(held: Held, result: dict, now: datetime) -> None:
    story = services.locked(held.clip.story)
    if not held.settle(State.READY, at=None, progress=100, attempts=0, **result) or held.is_burn:
        return
    if story.state == Story.State.DRAFT:
        # Beyond the draft somebody has read or approved what was there: a person chooses the new version (`use`).
        story.clip = held.clip
        story.save(update_fields=["clip"])
    record(ClipPrepared(subject=held.clip.pk, story=story.slug, ready=True), now=now)
    loops.ring(services.BELL)
    # The file as sent knows where and on which telephone it was filmed; nothing needs it any more.
    transaction.on_commit(lambda: (held.clip.folder / "source").unlink(missing_ok=True))


@transaction.atomic
def _refuse(held: Held, reason: str, now: datetime) -> None:
    if held.settle(State.REFUSED, at=now, reason=reason, attempts=0) and not held.is_burn:
        record(ClipPrepared(subject=held.clip.pk, story=held.clip.story_id, ready=False), now=now)


# --- what is left lying


def tidy(now: datetime) -> None:
    """Remove sources of what is ready, and folders that no clip names."""
    clips = {str(pk): state for pk, state in Clip.objects.values_list("pk", "state")}
    root = Path(settings.MEDIA_ROOT) / "clips"
    for folder in list(root.iterdir()) if root.is_dir() else []:
        with contextlib.suppress(FileNotFoundError):
            if folder.name not in clips:
                # An hour: its row may be in a transaction that has not ended.
                if folder.stat().st_mtime < (now - timedelta(hours=1)).timestamp():
                    shutil.rmtree(folder)
            elif clips[folder.name] == State.READY:
                (folder / "source").unlink(missing_ok=True)
