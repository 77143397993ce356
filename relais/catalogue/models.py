"""What a place offers: communes, names of jobs (ROME), occupation sheets, structures that help."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse

from relais.accounts.models import Organisation, Role
from relais.accounts.scope import Scoped, host_number
from relais.foundation.grammar import the
from relais.foundation.states import Moves

from .tables.models import TABLE, BroughtTable, ColumnMatch  # noqa: F401, Django looks for models here

MODERATORS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
"""Who looks after what was imported and what is reported."""


class Commune(models.Model):
    """A French commune (or a municipal arrondissement). Coordinates in degrees, WGS 84."""

    insee = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=60)
    departement = models.CharField(max_length=3)
    region = models.CharField(max_length=3)
    postcodes = ArrayField(models.CharField(max_length=5))
    population = models.PositiveIntegerField(default=0)
    latitude = models.FloatField()
    longitude = models.FloatField()
    # False when the coordinates are those of a neighbour (see scripts/build_communes.py).
    is_exact = models.BooleanField(default=True)
    # Lower case, without accents, « saint » for « st »: what a typed name is compared with.
    key = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["name", "insee"]
        indexes = [
            models.Index(fields=["key"], name="commune_key", opclasses=["text_pattern_ops"]),
            GinIndex(fields=["postcodes"], name="commune_postcodes"),
            models.Index(fields=["departement"], name="commune_departement"),
        ]

    def __str__(self):
        return f"{self.name} ({self.departement})"


class Kept(Scoped):
    """What is told of the shared catalogue: for the supervisors and administrators of its owner. What came before there was a host is the host's."""

    readers = MODERATORS

    def visible_to(self, user):
        runs_site = user.organisations(*self.readers).filter(is_host=True)
        return super().visible_to(user) | self.filter(models.Exists(runs_site), organisation=None)


class ImportRun(models.Model):
    """One run of an importer, and what it did. A row set aside is kept with its reason, never dropped silently."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, default=host_number, related_name="+")
    # Who brought the table; None for a command.
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=40)
    origin = models.CharField(max_length=300)
    version = models.CharField(max_length=80, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    removed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # [{"row": "…", "reason": "…"}]
    set_aside = models.JSONField(default=list)
    # Counts of its own that a source tells, such as how many structures were placed by name.
    notes = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    objects = Kept.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self):
        return f"{self.source}, {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def named(self) -> str:
        """Its source as people call it."""
        return f"Tableaux de {self.organisation}" if self.source.startswith(TABLE) else self.source


class RomeCode(models.Model):
    """A job family of the ROME. Codes are never deleted: they become inactive."""

    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=250)
    parent = models.CharField(max_length=5, blank=True)
    is_active = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return f"{self.code} {self.name}"


class RomeName(models.Model):
    """A name of a job (appellation), keyed by its OGR number, which stays when codes move."""

    ogr = models.PositiveIntegerField(primary_key=True)
    rome = models.ForeignKey(RomeCode, models.PROTECT, related_name="names")
    name = models.CharField(max_length=250)
    short_name = models.CharField(max_length=250)
    is_main = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["name", "ogr"]

    def __str__(self):
        return self.name


class RomeMobility(models.Model):
    """From one job family to another, as the ROME ranks them: 1 is the closest."""

    # « K1207>K1208 », so that an import finds the row again.
    key = models.CharField(max_length=11, primary_key=True)
    code = models.ForeignKey(RomeCode, models.CASCADE, related_name="mobilities")
    target = models.ForeignKey(RomeCode, models.CASCADE, related_name="+")
    rank = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["code", "rank", "target"]

    def __str__(self):
        return self.key


class OccupationQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


class Occupation(models.Model):
    """An occupation sheet, read from a content file (content/occupations/<slug>.md)."""

    slug = models.SlugField(max_length=110, primary_key=True)
    name = models.CharField(max_length=160)
    # Both forms at once, inside a sentence: « éducateur ou éducatrice de jeunes enfants ». Never one of them for somebody who has not said.
    short_name = models.CharField(max_length=250)
    feminine = models.CharField(max_length=120, blank=True, default="")
    masculine = models.CharField(max_length=120, blank=True, default="")
    tagline = models.CharField(max_length=80)
    rome = ArrayField(models.CharField(max_length=5))
    rome_name = models.PositiveIntegerField(null=True)
    aliases = ArrayField(models.CharField(max_length=80), default=list)
    audiences = ArrayField(models.CharField(max_length=30), default=list)
    no_diploma = models.BooleanField(default=False)
    entry = models.CharField(max_length=120, blank=True, default="", help_text="how one gets in, when neither a diploma nor none says it")
    level = models.PositiveSmallIntegerField(null=True)
    diplomas = models.JSONField(default=list)
    sources = models.JSONField(default=list)
    checked = models.DateField()
    # Sections in reading order: [{"slug", "title", "html", "text"}].
    sections = models.JSONField(default=list)
    key = models.TextField(help_text="names and aliases, folded, for the short look-up")
    is_active = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    objects = OccupationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "slug"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("occupation", args=[self.slug])


class StructureQuerySet(models.QuerySet):
    def shown(self):
        """Those a young person may be sent to: neither closed nor a temporary entry of the source."""
        return self.filter(is_active=True, is_temporary=False)


class Structure(models.Model):
    """A place where people help, teach, lend or house: a mission locale, a school, an association.

    `latitude` and `longitude` (degrees, WGS 84) are set when the source gives the exact place; otherwise the commune's count.
    What staff correct (place, e-mail…) is kept in `corrections` and laid over each import, which never undoes it.
    """

    class Kind(models.TextChoices):
        MISSION_LOCALE = "mission-locale", "Mission locale"
        AGENCY = "agence", "Agence de mission locale"
        SCHOOL = "etablissement", "Établissement scolaire"
        SERVICE = "service", "Structure d’aide"
        EQUIPMENT = "materiel", "Prêt de matériel"
        HOUSING = "logement", "Logement"

    class Placement(models.TextChoices):
        EXACT = "exact", "Adresse donnée par la source"
        BY_NAME = "by-name", "Placée d’après la commune de son nom"
        BY_NUMBER = "by-number", "Lieu approximatif : la commune de son numéro"
        APPROXIMATE = "approximate", "Lieu approximatif : le chef-lieu"
        CORRECTED = "corrected", "Placée par l’équipe"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    # The file that brought it: only that file makes it leave.
    slice = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200)
    departement = models.CharField(max_length=3)
    time_zone = models.CharField(max_length=40, default="Europe/Paris")
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="structures")
    placement = models.CharField(max_length=12, choices=Placement)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=20, blank=True)
    website = models.URLField(blank=True)
    address = models.CharField(max_length=250, blank=True)
    description = models.TextField(blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    corrections = models.JSONField(default=dict)
    is_temporary = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)

    objects = StructureQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="structure_once_per_source")]
        indexes = [models.Index(fields=["departement"], name="structure_departement")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("structure", args=[self.pk])

    @property
    def spoken(self) -> str:
        """« la mission locale de Montargis »: its name inside a sentence."""
        return the(self.name, self.commune.name if self.commune else "")

    @property
    def is_approximate(self):
        """Only the département is known."""
        return self.placement == self.Placement.APPROXIMATE

    @property
    def is_by_number(self):
        """Somewhere in or near its commune: the number under which the source keeps it begins with that commune's."""
        return self.placement == self.Placement.BY_NUMBER


class Certification(models.Model):
    """A diploma or a title of the national repertory (RNCP). `successors`: numbers that replaced it."""

    number = models.CharField(max_length=12, primary_key=True)
    title = models.CharField(max_length=400)
    level = models.PositiveSmallIntegerField(null=True)
    is_active = models.BooleanField(default=True)
    ends_on = models.DateField(null=True)
    rome = ArrayField(models.CharField(max_length=5), default=list)
    successors = ArrayField(models.CharField(max_length=12), default=list)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]

    def __str__(self):
        return f"{self.number} {self.title}"


class JobOfferQuerySet(models.QuerySet):
    def current(self):
        """Still held by its source, and not taken down by the team."""
        return self.filter(left_at=None, hidden_at=None)


class JobOffer(models.Model):
    """A job offer of an upstream. An import never deletes one: it leaves (`left_at`) once a complete slice no longer holds it.

    Places in degrees, WGS 84: the offer's own when it gives one, else the commune's, else none.
    """

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=60)
    # The part of the source that this offer was read in (« J1501 », « J1501/75 », or a file): only that part, once complete, makes it leave.
    slice = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    rome = models.CharField(max_length=5, blank=True, db_index=True)
    rome_label = models.CharField(max_length=250, blank=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=120, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    contract = models.CharField(max_length=5, blank=True)
    contract_label = models.CharField(max_length=80, blank=True)
    nature = models.CharField(max_length=5, blank=True)
    is_apprenticeship = models.BooleanField(default=False)
    # D: beginners welcome, S: wished for, E: required.
    experience = models.CharField(max_length=1, blank=True)
    working_time = models.CharField(max_length=80, blank=True)
    salary = models.CharField(max_length=250, blank=True)
    # The lowest diploma asked for (3 to 8); none when nothing is said.
    level = models.PositiveSmallIntegerField(null=True)
    no_diploma = models.BooleanField(default=False)
    positions = models.PositiveSmallIntegerField(default=1)
    employer = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField()
    refreshed_at = models.DateTimeField()
    origin = models.CharField(max_length=120)
    url = models.URLField(max_length=600, blank=True)
    # When an import first read this version of it.
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)

    objects = JobOfferQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="offer_once_per_source")]
        indexes = [GinIndex(SearchVector("title", config="french"), name="offer_title_words")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("offer", args=[self.pk])


class TrainingQuerySet(models.QuerySet):
    def current(self):
        """Still held by its source."""
        return self.filter(left_at=None)


class Training(models.Model):
    """One session of a training in one place. Places as for a job offer; `level` is that of the diploma it leads to (3 to 8)."""

    source = models.CharField(max_length=40)
    source_id = models.CharField(max_length=120)
    slice = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=250)
    certification = models.CharField(max_length=12, blank=True)
    level = models.PositiveSmallIntegerField(null=True)
    rome = ArrayField(models.CharField(max_length=5), default=list)
    formacode = ArrayField(models.CharField(max_length=5), default=list)
    organisation = models.CharField(max_length=200, blank=True)
    commune = models.ForeignKey(Commune, models.PROTECT, null=True, related_name="+")
    place = models.CharField(max_length=120, blank=True)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    hours = models.PositiveIntegerField(null=True)
    duration_label = models.CharField(max_length=80, blank=True)
    is_apprenticeship = models.BooleanField(default=False)
    is_remote = models.BooleanField(default=False)
    audience = models.CharField(max_length=80, blank=True)
    url = models.URLField(max_length=600, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    origin = models.CharField(max_length=120)
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    is_demo = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)

    objects = TrainingQuerySet.as_manager()

    class Meta:
        ordering = ["title", "starts_on", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "source_id"], name="training_once_per_source")]
        indexes = [GinIndex(SearchVector("title", config="french"), name="training_title_words")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/formations/{self.pk}"


class OfferReportQuerySet(Kept):
    def waiting(self):
        return self.filter(state=OfferReport.State.OPEN)


class OfferReport(models.Model):
    """Somebody says that an offer should not be there."""

    class Ground(models.TextChoices):
        FILLED = "filled", "La place est déjà prise"
        SCAM = "scam", "C’est une arnaque"
        UNLAWFUL = "unlawful", "Elle est discriminatoire ou illégale"
        WRONG = "wrong", "Les informations sont fausses"
        OTHER = "other", "Autre chose"

    class State(models.TextChoices):
        OPEN = "open", "À examiner"
        KEPT = "kept", "Gardée"
        REMOVED = "removed", "Retirée"

    MOVES = Moves({State.OPEN: {State.KEPT, State.REMOVED}}, late="Une décision est déjà prise pour cette offre.")

    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, default=host_number, related_name="+")
    offer = models.ForeignKey(JobOffer, models.CASCADE, related_name="reports")
    ground = models.CharField(max_length=10, choices=Ground)
    detail = models.CharField(max_length=500, blank=True)
    reported_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    objects = OfferReportQuerySet.as_manager()

    class Meta:
        ordering = ["reported_at", "id"]
        indexes = [models.Index(fields=["reported_at"], condition=models.Q(state="open"), name="report_waiting")]

    def __str__(self):
        return f"{self.get_ground_display()} : {self.offer_id}"


class ImportSlice(models.Model):
    """One part of a source that is read in parts, finished within a run: an import that was stopped goes on after it."""

    source = models.CharField(max_length=40)
    key = models.CharField(max_length=60)
    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="slices")
    finished_at = models.DateTimeField()
    # False when the source moved while it was read: what was found is written, nothing leaves.
    is_complete = models.BooleanField(default=True)

    class Meta:
        ordering = ["run", "id"]
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="slice_once_per_run")]

    def __str__(self):
        return self.key


class SearchChange(models.Model):
    """Something that the search index must look at again. Written by triggers, in the transaction of the change (migration 0003).

    `xid` is the transaction's number: an index keeps the snapshot of its last look and reads what that did not see, so that a
    change committed late is never missed. Rows are forgotten after some days; an index older than that is rebuilt.
    """

    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=120, blank=True)
    xid = models.BigIntegerField(db_index=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]

    def __str__(self):
        return f"{self.kind} {self.key}"
