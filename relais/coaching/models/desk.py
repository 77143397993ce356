"""The tools of the people who answer: teams, who is there, drafts, ready answers, notes, passing work on."""

from datetime import date, datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef

from relais.accounts.models import Organisation, Role, User
from relais.accounts.scope import Scoped, people
from relais.foundation.sealed import SealedTextField

from .conversation import Conversation, Message
from .line import Line

DESK = (Role.MEDIATOR, Role.VOLUNTEER, Role.SUPERVISOR)
"""The roles of those who answer."""


class OfTheDesk(Scoped):
    """Tools of an organisation: for those who answer there, whatever their role."""

    readers = DESK


class Team(models.Model):
    """People who answer on some subjects. A conversation of that subject is proposed to them first; anybody may take it."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="teams")
    name = models.CharField("nom", max_length=80)
    skills = ArrayField(
        models.CharField(max_length=12, choices=Conversation.Subject), default=list, blank=True, verbose_name="sujets"
    )
    members = models.ManyToManyField(User, related_name="teams", blank=True)

    objects = OfTheDesk.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="team_name_once")]

    def __str__(self):
        return self.name

    def subjects(self) -> list[str]:
        """Its skills in words."""
        return [Conversation.Subject(skill).label for skill in self.skills]


HERE = timedelta(seconds=60)
"""A page that has said nothing for so long is closed."""


class PresenceQuerySet(models.QuerySet):
    def here(self, now: datetime):
        return self.filter(seen_at__gt=now - HERE)

    def answering_on(self, line: Line, since: datetime) -> int:
        """How many people they are, of those who answer on this line: they hold somebody who waits there, or wrote there since. A page that
        is open to look on, or to answer on another line, is none."""
        theirs = Conversation.objects.filter(line=line, claimed_by=OuterRef("user"), state=Conversation.State.WAITING)
        lately = Message.objects.filter(conversation__line=line, conversation__updated_at__gt=since, at__gt=since)
        wrote = lately.filter(author=OuterRef("user"), side=Message.Side.STAFF)
        here = self.filter(Exists(theirs) | Exists(wrote), user__in=people(line.organisation_id, *DESK))
        return here.order_by().values("user").distinct().count()


class Presence(models.Model):
    """Who has which page open, and who is typing there: believed for a minute, to warn two people who write at once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="presences")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="presences")
    seen_at = models.DateTimeField()
    writing_at = models.DateTimeField(null=True)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        ordering = ["user", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "conversation"], nulls_distinct=False, name="presence_once")
        ]


class Draft(models.Model):
    """What somebody has begun to answer and not sent."""

    user = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="drafts")
    body = SealedTextField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["-updated_at", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="draft_once")]


class CannedReply(models.Model):
    """A ready answer, with variables such as {prenom}; its owner keeps it true."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="canned_replies")
    owner = models.ForeignKey(User, models.PROTECT, related_name="canned_replies")
    shortcut = models.SlugField("raccourci", max_length=30)
    title = models.CharField("titre", max_length=80)
    body = models.TextField("texte", max_length=2000)
    checked_on = models.DateField("vérifiée le")
    is_active = models.BooleanField(default=True)

    objects = OfTheDesk.as_manager()

    class Meta:
        ordering = ["shortcut", "id"]
        constraints = [models.UniqueConstraint(fields=["organisation", "shortcut"], name="canned_reply_once")]


class Note(models.Model):
    """Between colleagues, about a conversation; the person can read it in their export. `mentions` are told."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    body = SealedTextField()
    mentions = models.ManyToManyField(User, through="Mention", related_name="+")
    key = models.UUIDField(unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]


class Mention(models.Model):
    note = models.ForeignKey(Note, models.CASCADE, related_name="mention_set")
    user = models.ForeignKey(User, models.CASCADE, related_name="mentions")
    seen_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["user"], name="mention_unseen", condition=models.Q(seen_at=None))]
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="mention_once")]


class Transfer(models.Model):
    """A conversation went from one person to another, back to a team, or to another line: when, by whom (None: by itself), why."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="transfers")
    giver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    receiver = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, related_name="+")
    from_line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="+")
    to_line = models.ForeignKey(Line, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    reason = SealedTextField("raison", blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "id"]


class AbsenceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; those of the people one supervises."""
        supervised = User.objects.members_of(user.organisations(Role.SUPERVISOR))
        return self.filter(models.Q(user=user) | models.Q(user__in=supervised))

    def on(self, day: date):
        return self.filter(first__lte=day, last__gte=day)


class Absence(models.Model):
    """Somebody is away from `first` to `last`, both included; what they held went to `substitute` or back to the team."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    first = models.DateField("du")
    last = models.DateField("au")
    substitute = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="remplacé par"
    )
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(null=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ["first", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="absence_ends_after_it_starts")
        ]
