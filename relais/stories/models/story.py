"""The story itself, its states, and how many people reacted to it."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from relais.accounts.models import Organisation, Role, User
from relais.accounts.scope import Scoped
from relais.catalogue.models import Commune, JobOffer, Occupation
from relais.foundation.states import Moves
from relais.foundation.two_eyes import another
from relais.media.models import Clip, MediaFolder

FILES = "story"
"""The kind of the folders of stories."""


class StoryQuerySet(Scoped):
    """Seen by those who make and check the stories of their own organisation."""

    readers = (Role.CAMPAIGN_MANAGER, Role.MEDIATOR, Role.SUPERVISOR)

    def published(self, now: datetime | None = None):
        """What anybody may see at `now`: published, and every consent still running."""
        now = now or timezone.now()
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=now), state=Story.State.PUBLISHED, published_at__lte=now
        )


class Story(models.Model):
    """A testimony. `person` is a first name, or empty when anonymous; its files are in `folder`, which is made with it."""

    class Form(models.TextChoices):
        VIDEO = "video", "Vidéo verticale"
        AUDIO = "audio", "Son"
        TEXT = "text", "Texte"
        PHOTOS = "photos", "Série de photos"

    class Purpose(models.TextChoices):
        TESTIMONY = "testimony", "Témoignage"
        EMPLOYER = "employer", "Un employeur présente une offre"
        TUTORIAL = "tutorial", "Un conseil de l’équipe"

    class NextStep(models.TextChoices):
        SHEET = "sheet", "Voir le métier"
        OFFER = "offer", "Voir l’offre"
        INTERNSHIP = "internship", "Les lieux qui aident à trouver un stage"
        CONVERSATION = "conversation", "Parler à quelqu’un"

    class Audience(models.TextChoices):
        """With whom one works: the same words as in the search."""

        CHILDREN = "enfants", "Les enfants"
        DISABILITY = "adultes-handicap", "Les personnes en situation de handicap"
        HARDSHIP = "difficulte-sociale", "Les personnes en difficulté sociale"
        ELDERLY = "personnes-agees", "Les personnes âgées"
        ILL = "malades", "Les personnes malades"

    class State(models.TextChoices):
        DRAFT = "draft", "Brouillon"
        IN_REVIEW = "in-review", "En relecture"
        APPROVED = "approved", "Approuvé"
        PUBLISHED = "published", "Publié"
        WITHDRAWN = "withdrawn", "Retiré"

    class JobForm(models.TextChoices):
        """How the person shown calls her or his own job. Nobody else says it for them, and a first name says nothing."""

        FEMININE = "feminine", "Au féminin"
        MASCULINE = "masculine", "Au masculin"
        OWN = "own", "Avec ses propres mots"

    MOVES = Moves(
        {
            State.DRAFT: {State.IN_REVIEW},
            State.IN_REVIEW: {State.DRAFT, State.APPROVED},
            State.APPROVED: {State.DRAFT, State.PUBLISHED},
            State.PUBLISHED: {State.WITHDRAWN},
            State.WITHDRAWN: {State.DRAFT},
        },
        late="Ce témoignage est dans l’état « {state} » : cela ne se fait pas maintenant.",
    )

    # 60 characters at most: the event log names a story by its slug.
    slug = models.SlugField(max_length=60, primary_key=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="stories")
    form = models.CharField("forme", max_length=10, choices=Form, default=Form.TEXT)
    purpose = models.CharField("nature", max_length=10, choices=Purpose, default=Purpose.TESTIMONY)
    title = models.CharField("titre", max_length=120)
    person = models.CharField("personne montrée", max_length=40, blank=True)
    job_form = models.CharField("nom de son métier", max_length=9, choices=JobForm, blank=True)
    job_words = models.CharField("ses propres mots", max_length=80, blank=True)
    shows_somebody = models.BooleanField("une personne est reconnaissable (image, voix ou récit)", default=True)
    person_is_minor = models.BooleanField("cette personne est mineure", default=False)
    employer = models.CharField("employeur", max_length=120, blank=True)
    place = models.CharField("lieu", max_length=80, blank=True)
    commune = models.ForeignKey(
        Commune, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="commune"
    )
    occupation = models.ForeignKey(Occupation, models.PROTECT, related_name="stories", verbose_name="métier")
    audience = models.CharField("avec qui", max_length=20, choices=Audience, blank=True)
    next_step = models.CharField("et après", max_length=12, choices=NextStep, default=NextStep.SHEET)
    offer = models.ForeignKey(
        JobOffer, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="offre présentée"
    )

    # [{"text": "…"}]: one idea a screen (texts, and what goes with photos).
    lines = models.JSONField(default=list, blank=True)
    # [{"start": ms, "end": ms, "text": "…"}], in order.
    cues = models.JSONField("sous-titres", default=list, blank=True)
    transcript = models.TextField("transcription", blank=True)
    image_description = models.TextField("description de l’image", blank=True)
    folder = models.OneToOneField(MediaFolder, models.PROTECT, related_name="story")
    clip = models.OneToOneField(Clip, models.SET_NULL, null=True, blank=True, related_name="shown_by")

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    is_demo = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    submitted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="the first end among the consents it was published with")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawal = models.CharField("raison du retrait", max_length=300, blank=True)

    objects = StoryQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "slug"]
        indexes = [
            models.Index(fields=["-published_at"], name="story_feed", condition=Q(state="published")),
            models.Index(fields=["expires_at"], name="story_expiry", condition=Q(state="published")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(job_form="own") ^ Q(job_words=""),
                name="story_own_words_when_chosen",
                violation_error_message="Écrivez le nom que cette personne donne à son métier, ou choisissez l’un de ceux qui sont proposés.",
            ),
            another("approved_by", "submitted_by", name="story_approved_by_a_second_person"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False), name="story_published_has_a_date"
            ),
        ]

    def __str__(self):
        return self.title

    @transaction.atomic
    def save(self, *args, **options):
        if self.folder_id is None:
            self.folder = MediaFolder.objects.create(kind=FILES, organisation_id=self.organisation_id)
        super().save(*args, **options)

    def get_absolute_url(self):
        return reverse("story", args=[self.slug])

    @property
    def uploads(self):
        return self.folder.uploads

    @property
    def clips(self):
        return self.folder.clips

    @property
    def photos(self):
        return self.folder.photos

    @property
    def job(self) -> str:
        """What stands after the first name: the title this person chose, or both forms when nobody has asked."""
        sheet = self.occupation
        chosen = {
            self.JobForm.FEMININE: sheet.feminine,
            self.JobForm.MASCULINE: sheet.masculine,
            self.JobForm.OWN: self.job_words,
        }
        return chosen.get(self.job_form) or sheet.short_name

    @property
    def asks_for_a_job_form(self) -> bool:
        """Whether somebody is shown with a title that has two forms."""
        both = self.occupation.feminine, self.occupation.masculine
        return bool(self.person or self.shows_somebody) and (both[0] != both[1] or not all(both))

    def is_published(self, now: datetime) -> bool:
        alive = self.expires_at is None or self.expires_at > now
        return self.state == self.State.PUBLISHED and self.published_at <= now and alive


class ReactionCount(models.Model):
    """How many people said so, and nothing about who."""

    class Kind(models.TextChoices):
        HEART = "heart", "J’aime"
        CLAP = "clap", "Bravo"
        ME_TOO = "me-too", "Ça me parle"

    story = models.ForeignKey(Story, models.CASCADE, related_name="reactions")
    kind = models.CharField(max_length=8, choices=Kind)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["story", "kind"]
        constraints = [models.UniqueConstraint(fields=["story", "kind"], name="reaction_one_row_a_kind")]
