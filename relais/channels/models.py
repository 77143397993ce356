"""What came in from outside, before anybody has done anything with it."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from relais.foundation.sealed import SealedBytesField, SealedJSONField, SealedTextField
from relais.foundation.states import Moves
from relais.foundation.two_eyes import another


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"
    DISCORD = "discord", "Discord"


class Way(models.TextChoices):
    """By what an organisation is reached, or read: each has its account at a provider."""

    SMS = Channel.SMS.value, "SMS"
    DISCORD = Channel.DISCORD.value, "Discord"
    EMAIL = Channel.EMAIL.value, "Boîte e-mail"
    INSTAGRAM = "instagram", "Instagram"
    TIKTOK = "tiktok", "TikTok"
    YOUTUBE = "youtube", "YouTube"


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

    def unseen(self):
        """Set aside, and looked at by nobody yet."""
        return self.set_aside().filter(seen_at=None)

    def waiting(self):
        """For somebody to look: set aside and unseen, stuck, or with signs of danger for as long as it is there."""
        return self.unseen() | self.stuck() | self.set_aside().filter(danger=True)

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
        {
            State.UNREAD: {State.REFUSED},
            State.NEW: {State.TAKEN, State.REFUSED},
            State.IGNORED: {State.NEW},
            State.REFUSED: {State.NEW},
        },
        late="Ce message a déjà été traité, ou effacé.",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10, choices=Channel)
    # Given at once by who knows whose line it came to (coaching); this floor knows nothing of organisations.
    owner = models.UUIDField(null=True, help_text="the organisation to whose line it came: nobody else sees it")
    account_of = models.UUIDField(
        null=True, help_text="the organisation to whose account it was written; none: to that of the installation"
    )
    provider_id = models.CharField(max_length=100)
    # Where a reply goes: an address, a number in international form, the number of a Discord account.
    sender = SealedTextField()
    sender_digest = models.CharField(max_length=64)
    subject = SealedTextField(blank=True)
    body = SealedTextField(blank=True)
    whole = SealedTextField(
        blank=True,
        default="",
        help_text="the text before a quotation or a signature was folded away; empty when nothing was",
    )
    raw = SealedBytesField(blank=True, default=b"", help_text="a delivery as it came, until it is read")
    shape = models.CharField(
        max_length=10, blank=True, default="", help_text="what `raw` is: mime, or the name of a provider"
    )
    thread = models.CharField(
        max_length=64, blank=True, help_text="what our own letter carried, when this one answers it"
    )
    # What the server named by EMAIL_CHECKED_BY says of the sender: True moves a conversation, so nothing else is believed.
    verified = models.BooleanField(null=True)
    attachments = SealedJSONField(
        default=list, blank=True, help_text="[{name, type, size, program}]: what was attached and not kept"
    )
    reply_token = SealedTextField(blank=True, help_text="a way to answer that ends at reply_until")
    reply_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    reason = models.CharField(max_length=40, blank=True)
    shortened = models.BooleanField(default=False)
    flood = models.BooleanField(default=False)
    danger = models.BooleanField(
        default=False, help_text="signs of danger were found in it, by who knows them; shown where it is set aside"
    )
    quiet = models.BooleanField(default=False, help_text="no automatic sentence leaves in answer to this one")
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField()
    received_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(
        null=True, help_text="when somebody who decides looked at what was set aside, or decided"
    )
    told_at = models.DateTimeField(
        null=True, help_text="when its team was told that it will be erased although nobody looked"
    )
    erased_at = models.DateTimeField(null=True, help_text="when who wrote and what were erased")

    objects = InboundQuerySet.as_manager()

    class Meta:
        ordering = ["received_at", "id"]
        indexes = [
            models.Index(fields=["received_at", "id"], name="inbound_new", condition=Q(state="new")),
            models.Index(fields=["not_before"], name="inbound_unread", condition=Q(state="unread")),
            models.Index(
                fields=["received_at"], name="inbound_set_aside", condition=Q(state__in=["ignored", "refused"])
            ),
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


class OptOut(models.Model):
    """Somebody who wants nothing more by one way, known by the beginning of a keyed digest only (see `opt_outs`)."""

    class How(models.TextChoices):
        WORD = "word", "STOP écrit"
        LINK = "link", "Lien « ne plus recevoir »"
        HEADER = "header", "Bouton du logiciel de courrier"
        BLOCK = "block", "Compte bloqué sur Discord"
        STAFF = "staff", "Noté par l’équipe, à la demande de la personne"

    channel = models.CharField(max_length=10, help_text="a channel, or a network where comments are answered")
    digest = models.CharField(max_length=40)
    how = models.CharField(max_length=6, choices=How)
    owner = models.UUIDField(
        null=True,
        help_text="the organisation that noted it or was told it, for its own letters; none for what was said for all",
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "digest"], name="opt_out_once", condition=Q(owner=None)),
            models.UniqueConstraint(fields=["channel", "digest", "owner"], name="opt_out_once_each"),
        ]


class AccountReadingQuerySet(models.QuerySet):
    def failing(self, now: datetime):
        """What went wrong last, and nothing well for so long: somebody looks."""
        late = Q(read_at=None) | Q(read_at__lte=now - AccountReading.PATIENCE)
        return self.exclude(error="").filter(late)


class AccountReading(models.Model):
    """How the reading of an account goes that we ask for what came in: until when it was read, and what went wrong last."""

    PATIENCE = timedelta(minutes=15)
    """Since the last whole reading: a provider that is away for a moment troubles nobody."""

    channel = models.CharField(max_length=10, choices=Way)
    owner = models.UUIDField(null=True, help_text="the organisation whose account it is; none: the installation")
    account = models.CharField(max_length=100, blank=True, help_text="our number there, where comments are read")
    next_at = models.DateTimeField(help_text="not read again before")
    read_until = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True, help_text="the last whole reading")
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True, help_text="of the last reading; empty when it went well")

    objects = AccountReadingQuerySet.as_manager()

    class Meta:
        ordering = ["channel", "account", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "account"], name="account_reading_once_for_all", condition=Q(owner=None)
            ),
            models.UniqueConstraint(fields=["channel", "owner", "account"], name="account_reading_once_each"),
        ]


class ChannelAccountQuerySet(models.QuerySet):
    def serving(self):
        """Those by which messages come and go."""
        return self.exclude(confirmed_at=None)

    def waiting(self, now: datetime):
        """Those that somebody else must agree to, and still may."""
        return self.filter(confirmed_at=None, asked_at__gt=now - ChannelAccount.LIFE)


class ChannelAccount(models.Model):
    """An account at a provider, by which an organisation writes and is written to: in service, or waiting for a second person.

    A row never changes what it was when it was asked for, but for the secret of its webhook: whoever agrees has seen what they agree to. One
    that ends is deleted, its keys with it; who did what is in the trace.
    """

    LIFE = timedelta(days=7)
    """How long a second person may agree."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(max_length=10, choices=Way)
    owner = models.UUIDField(
        null=True, help_text="the organisation; none: of the installation, for all who have none of their own"
    )
    values = SealedJSONField(default=dict, help_text="what its provider asks for: see the folder of the channel")
    webhook_secret = SealedTextField(blank=True, default="", help_text="the secret with which its provider knocks")
    webhook_digest = models.CharField(max_length=64, blank=True, default="")
    # People are of the floor above; none where the server itself brought it (see the migration).
    asked_by = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    objects = ChannelAccountQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            *(
                models.UniqueConstraint(
                    fields=["channel", *(["owner"] if own else [])],
                    name=f"channel_account_one_{state}_{'each' if own else 'for_all'}",
                    condition=Q(owner__isnull=not own, confirmed_at__isnull=state == "waiting"),
                )
                for own in (True, False)
                for state in ("serving", "waiting")
            ),
            another("confirmed_by", "asked_by", name="channel_account_confirmed_by_another"),
            models.CheckConstraint(
                condition=Q(confirmed_at=None) | Q(confirmed_by__isnull=False) | Q(asked_by=None),
                name="channel_account_serves_once_confirmed",
            ),
        ]
