"""What came in by a door of the house, before anybody has done anything with it."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from relais.foundation.sealed import SealedBytesField, SealedJSONField, SealedTextField
from relais.foundation.states import Moves


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    DISCORD = "discord", "Discord"


class InboundQuerySet(models.QuerySet):
    def new(self):
        return self.filter(state=Inbound.State.NEW)

    def due(self, now: datetime):
        """New, and not set aside until later by a fault."""
        return self.new().filter(not_before__lte=now)

    def unread(self):
        return self.filter(state=Inbound.State.UNREAD)

    def to_read(self, now: datetime):
        """Kept as it came, and not set aside until later by a fault."""
        return self.unread().filter(not_before__lte=now)

    def stuck(self):
        """Not in a conversation yet, tried several times without success: a human looks."""
        return self.filter(state__in=[Inbound.State.NEW, Inbound.State.UNREAD], attempts__gte=Inbound.PATIENCE)

    def coming_in(self):
        """On its way: neither in a conversation nor shown among what was set aside."""
        return self.filter(state__in=[Inbound.State.NEW, Inbound.State.UNREAD], attempts__lt=Inbound.PATIENCE)

    def set_aside(self):
        """What entered no conversation and is still kept, whoever wrote it, for a human to look at."""
        aside = self.filter(state__in=[Inbound.State.IGNORED, Inbound.State.REFUSED], erased_at=None)
        return aside | self.stuck()

    def in_turn(self):
        """The oldest first; what failed goes behind those that did not."""
        return self.order_by("attempts", "received_at", "id")


class Inbound(models.Model):
    """One message from outside, kept before its provider is told that it arrived.

    `provider_id` is unique per channel: the same delivery twice is one row. Once taken, its text lives in the conversation,
    and only what makes a second delivery harmless stays here.
    """

    PATIENCE = 3
    """Tries after which a message that cannot be taken is shown to a human."""

    class State(models.TextChoices):
        UNREAD = "unread", "À lire"
        NEW = "new", "Nouveau"
        TAKEN = "taken", "Dans une conversation"
        IGNORED = "ignored", "Sans suite"
        REFUSED = "refused", "Refusé"

    class Reason(models.TextChoices):
        """Why a message is not new. Its own program never answers any of these."""

        AUTOMATIC = "automatic", "Réponse automatique"
        LIST = "list", "Lettre de diffusion"
        BOUNCE = "bounce", "Avis de non-remise"
        OWN = "own", "Notre propre lettre"
        NO_REPLY = "no-reply", "Adresse qui ne lit pas les réponses"
        STOP = "stop", "STOP"
        EMPTY = "empty", "Rien d’écrit"
        NO_SENDER = "no-sender", "Expéditeur illisible"
        UNREADABLE = "unreadable", "Illisible pour le programme"
        NOT_GIVEN = "not-given", "Le fournisseur ne le donne pas"

    # Once read, what was unread is deleted: it may have been several letters.
    MOVES = Moves(
        {State.UNREAD: {State.REFUSED}, State.NEW: {State.TAKEN, State.REFUSED}, State.IGNORED: {State.NEW}, State.REFUSED: {State.NEW}},
        late="Ce message a déjà été traité, ou effacé.",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10, choices=Channel)
    # Given at once by who knows whose line it came to (coaching); this floor knows nothing of organisations.
    owner = models.UUIDField(null=True, help_text="the organisation to whose line it came: nobody else sees it")
    provider_id = models.CharField(max_length=100)
    # Where a reply goes: an address, a number in international form, the number of a Discord account.
    sender = SealedTextField()
    sender_digest = models.CharField(max_length=64)
    subject = SealedTextField(blank=True)
    body = SealedTextField(blank=True)
    whole = SealedTextField(blank=True, default="", help_text="the text before a quotation or a signature was folded away; empty when nothing was")
    raw = SealedBytesField(blank=True, default=b"", help_text="a delivery as it came, until it is read")
    shape = models.CharField(max_length=10, blank=True, default="", help_text="what `raw` is: mime, or the name of a provider")
    thread = models.CharField(max_length=64, blank=True, help_text="what our own letter carried, when this one answers it")
    # What the server named by EMAIL_CHECKED_BY says of the sender: True moves a conversation, so nothing else is believed.
    verified = models.BooleanField(null=True)
    attachments = SealedJSONField(default=list, blank=True, help_text="[{name, type, size, program}]: what was attached and not kept")
    reply_token = SealedTextField(blank=True, help_text="a way to answer that ends at reply_until")
    reply_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    reason = models.CharField(max_length=40, blank=True)
    shortened = models.BooleanField(default=False)
    flood = models.BooleanField(default=False)
    danger = models.BooleanField(default=False, help_text="signs of danger were found in it, by who knows them; shown where it is set aside")
    quiet = models.BooleanField(default=False, help_text="no automatic sentence leaves in answer to this one")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True, help_text="when who wrote and what were erased")

    objects = InboundQuerySet.as_manager()

    class Meta:
        ordering = ["received_at", "id"]
        indexes = [
            models.Index(fields=["received_at", "id"], name="inbound_new", condition=Q(state="new")),
            models.Index(fields=["not_before"], name="inbound_unread", condition=Q(state="unread")),
            models.Index(fields=["received_at"], name="inbound_set_aside", condition=Q(state__in=["ignored", "refused"])),
            models.Index(fields=["sender_digest", "received_at"], name="inbound_sender"),
        ]
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="inbound_once")]

    ERASED = {
        "sender": "",
        "subject": "",
        "body": "",
        "whole": "",
        "raw": b"",
        "thread": "",
        "reply_token": "",
        "attachments": [],
        "reply_until": None,
        "danger": False,
    }
    """Who wrote and what, once forgotten: the digest and the provider's number stay."""

    @property
    def is_aside(self) -> bool:
        return self.state in (Inbound.State.IGNORED, Inbound.State.REFUSED)

    @property
    def may_enter(self) -> bool:
        """Whether a human may let it into a conversation: there are words, and somebody who can be answered."""
        lost = (Inbound.Reason.NO_SENDER, Inbound.Reason.UNREADABLE)
        return (
            Inbound.State.NEW in Inbound.MOVES.get(self.state, ())
            and self.reason not in lost
            and bool(self.sender and (self.body or self.subject or self.attachments))
        )


class Stopped(models.Model):
    """Somebody who wrote STOP, known by a keyed digest only; whichever provider carries the messages."""

    channel = models.CharField(max_length=10, choices=Channel)
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["channel", "digest"], name="stopped_once")]


class NetworkAccount(models.Model):
    """An account of ours on a network: until when its comments were read, and what went wrong last."""

    network = models.CharField(max_length=10)
    account = models.CharField(max_length=100)
    next_at = models.DateTimeField(help_text="not read again before")
    read_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="the last whole reading")
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, help_text="of the last reading; empty when it went well")

    class Meta:
        ordering = ["network", "account"]
        constraints = [models.UniqueConstraint(fields=["network", "account"], name="network_account_once")]
