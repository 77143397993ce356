"""The answer line: who answers, when, and what is promised."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from relais.accounts.models import Organisation, User
from relais.foundation.hours import Closure, OpeningHours, Override, Window


class Situation(models.TextChoices):
    """Of whom a line takes care, read from what they said of their age and of their work."""

    MINOR = "minor", "Moins de 18 ans"
    PUBLIC_AGENT = "public-agent", "Travaille dans la fonction publique"
    EMPLOYED = "employed", "A un emploi dans le privé"
    ADULT_NO_JOB = "adult-no-job", "Adulte sans emploi"
    UNDER_26 = "under-26", "Moins de 26 ans"


class Line(models.Model):
    """An answer line: who answers, whom it serves, when it is open, and what it promises (minutes of opening time).

    `departements`, `communes` (INSEE codes), `subjects` and `situations` say what it gets (see `line.routing`); an empty list
    limits nothing. Exactly one line of an installation `is_fallback`: the first one, until an administrator chooses another.
    """

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField("nom", max_length=100)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="lines")
    time_zone = models.CharField("fuseau horaire", max_length=40, default="Europe/Paris")
    departement = models.CharField("département (jours fériés)", max_length=3, blank=True)
    promise_minutes = models.PositiveSmallIntegerField(default=30)
    alert_minutes = models.PositiveSmallIntegerField(default=15)
    escalate_minutes = models.PositiveSmallIntegerField(default=25)
    oncall_minutes = models.PositiveSmallIntegerField(default=28, help_text="then the structure on call is told")
    oncall_name = models.CharField("structure d’astreinte", max_length=120, blank=True)
    oncall_email = models.EmailField("adresse de l’astreinte", blank=True)
    handover_working_hours = models.PositiveSmallIntegerField(default=16)
    open_on_holidays = models.BooleanField("ouverte aussi les jours fériés", default=False)
    departements = ArrayField(
        models.CharField(max_length=3), default=list, blank=True, verbose_name="départements servis"
    )
    communes = ArrayField(models.CharField(max_length=5), default=list, blank=True, verbose_name="communes servies")
    subjects = ArrayField(
        models.CharField(max_length=12),
        default=list,
        blank=True,
        verbose_name="sujets",
        help_text="of Conversation.Subject",
    )
    situations = ArrayField(
        models.CharField(max_length=12, choices=Situation), default=list, blank=True, verbose_name="situations"
    )
    is_fallback = models.BooleanField("répond à tout le reste", default=False)
    hours_changed_at = models.DateTimeField(
        null=True, help_text="when its hours or delays changed, until the deadlines of those who wait have followed"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(alert_minutes__lt=F("escalate_minutes")) & Q(escalate_minutes__lt=F("promise_minutes")),
                name="line_alert_before_escalation_before_promise",
                violation_error_message="L’équipe est alertée d’abord, puis les responsables, puis vient la fin du délai promis.",
            ),
            # That there is one at all is held by a trigger (migration 0015).
            models.UniqueConstraint(fields=["is_fallback"], condition=Q(is_fallback=True), name="line_one_fallback"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **options):
        """The first line of an installation gets everything."""
        if self._state.adding and not self.is_fallback:
            self.is_fallback = not Line.objects.filter(is_fallback=True).exists()
        super().save(*args, **options)

    @property
    def limits_itself(self) -> bool:
        """Whether it says whom it serves: only then, or as the fallback, it gets anybody by itself."""
        return bool(self.communes or self.departements or self.subjects or self.situations)

    def hours(self) -> OpeningHours:
        """The opening hours of this line, with what supervisors decided at once (three queries, kept with the object)."""
        if not hasattr(self, "_hours"):
            self._hours = OpeningHours(
                zone=ZoneInfo(self.time_zone),
                windows=tuple(Window(w.weekday, w.opens, w.closes) for w in self.windows.all()),
                closures=tuple(Closure(c.first, c.last) for c in self.closures.all()),
                departement=self.departement,
                closed_on_holidays=not self.open_on_holidays,
                overrides=tuple(Override(o.start, o.end, o.is_open) for o in self.overrides.all()),
            )
        return self._hours

    def override(self, now: datetime) -> "LineOverride | None":
        """What a supervisor decided at once and that holds at `now`."""
        return next((one for one in self.overrides.all() if one.start <= now < one.end), None)

    def forget_hours(self) -> None:
        """Read them again the next time: somebody may have opened or closed the line since."""
        vars(self).pop("_hours", None)
        vars(self).pop("_prefetched_objects_cache", None)


class OpeningWindow(models.Model):
    line = models.ForeignKey(Line, models.CASCADE, related_name="windows")
    weekday = models.PositiveSmallIntegerField("jour (0 : lundi)")
    opens = models.TimeField("ouvre à")
    closes = models.TimeField("ferme à")

    class Meta:
        ordering = ["weekday", "opens"]


class LineClosure(models.Model):
    line = models.ForeignKey(Line, models.CASCADE, related_name="closures")
    first = models.DateField("premier jour")
    last = models.DateField("dernier jour")
    reason = models.CharField("raison", max_length=100, blank=True)

    class Meta:
        ordering = ["first", "id"]


class LineOverride(models.Model):
    """A supervisor opened or closed the line at once. Kept, so that a wait is always counted in the hours that really were."""

    line = models.ForeignKey(Line, models.CASCADE, related_name="overrides")
    is_open = models.BooleanField()
    start = models.DateTimeField()
    end = models.DateTimeField()
    message = models.CharField("message affiché", max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(
        null=True, help_text="when the deadlines of those who wait had followed; none after its end was moved"
    )

    class Meta:
        ordering = ["start", "id"]
        indexes = [models.Index(fields=["start"], name="line_override_to_apply", condition=Q(applied_at=None))]
        constraints = [models.CheckConstraint(condition=Q(end__gte=F("start")), name="line_override_forwards")]
