"""Files: what is being sent, what was made of it. `file` is always a name in the storage (see storage.py), never a path."""

import uuid

from django.db import models
from django.db.models import F, Q

from relais.accounts.models import Organisation, User
from relais.foundation.states import Moves


class MediaFolder(models.Model):
    """The files of one thing of an app above, which points here; what may be done with them its `Owner` says (see owners.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, help_text="the name of its Owner")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]


CLIPS, PHOTOS, UPLOADS = "clips", "photos", "uploads"
"""Folders of the storage."""
SOURCE = "source"
"""The file as sent, among those of a clip."""


class Upload(models.Model):
    """A file on its way here in pieces. `received` bytes are kept, whatever happened to the line or to the process."""

    class Purpose(models.TextChoices):
        CLIP = "clip", "Vidéo ou son"
        PHOTO = "photo", "Photo"
        PROOF = "proof", "Accord signé"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    folder = models.ForeignKey(MediaFolder, models.CASCADE, related_name="uploads")
    purpose = models.CharField(max_length=5, choices=Purpose)
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_not_more_than_said")]

    @property
    def file(self) -> str:
        """A video or a sound arrives where its clip, of the same number, will look for it: nothing is moved or copied."""
        return Clip.named(self.pk, SOURCE) if self.purpose == self.Purpose.CLIP else f"{UPLOADS}/{self.pk}"


class Clip(models.Model):
    """One version of a video or a sound: the file as sent, then what the worker made of it (see video/).

    WAITING and WORKING rows are claimed by conditional UPDATE; a WORKING row whose `claimed_at` is too old was left by a
    dead process and is claimed again. The burnt copy, for networks that take no caption file, has the same life.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Attend son tour"
        WORKING = "working", "En préparation"
        READY = "ready", "Prête"
        REFUSED = "refused", "Refusée"

    # From « en préparation » to itself: a lease that is renewed, or taken over from a dead process.
    MOVES = Moves(
        {
            State.WAITING: {State.WORKING},
            State.WORKING: {State.WORKING, State.WAITING, State.READY, State.REFUSED},
        },
        late="Ce fichier est dans l’état « {state} » : cela ne se fait pas maintenant.",
    )
    # The copy is made again as often as its captions change.
    BURN_MOVES = Moves(
        {"": {State.WAITING}, **MOVES, State.READY: {State.WAITING}, State.REFUSED: {State.WAITING}}, late=MOVES.late
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    folder = models.ForeignKey(MediaFolder, models.CASCADE, related_name="clips")
    name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    progress = models.PositiveSmallIntegerField("pour cent", default=0)
    reason = models.CharField("pourquoi", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    # {"duration_ms", "width", "height", "has_audio", "kind", "sizes": {name: bytes}}, written by the worker.
    facts = models.JSONField(default=dict)
    burn_state = models.CharField(max_length=8, choices=State, blank=True)
    burn_digest = models.CharField("empreinte des sous-titres incrustés", max_length=64, blank=True)
    burn_reason = models.CharField(max_length=300, blank=True)
    burn_claimed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [
            models.Index(fields=["created_at"], name="clip_to_make", condition=Q(state__in=["waiting", "working"])),
            models.Index(
                fields=["created_at"], name="clip_to_burn", condition=Q(burn_state__in=["waiting", "working"])
            ),
        ]

    @staticmethod
    def named(pk: uuid.UUID, name: str) -> str:
        """The file `name` of that clip: source, 540.mp4, 1080.mp4, poster.webp, thumbnail.webp, network.mp4. Served from there to nobody."""
        return f"{CLIPS}/{pk}/{name}"

    @property
    def place(self) -> str:
        """Where all its files are."""
        return f"{CLIPS}/{self.pk}"

    def file(self, name: str) -> str:
        return self.named(self.pk, name)


class Photo(models.Model):
    """One picture of a series, already drawn again by us (no metadata left)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    folder = models.ForeignKey(MediaFolder, models.CASCADE, related_name="photos")
    order = models.PositiveSmallIntegerField(default=0)
    description = models.CharField("description", max_length=300, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()

    class Meta:
        ordering = ["folder", "order", "id"]

    @property
    def file(self) -> str:
        return f"{PHOTOS}/{self.pk}.webp"
