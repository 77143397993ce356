"""What people type in the studio."""

from datetime import timedelta

from django import forms
from django.urls import reverse
from django.utils import timezone

from relais.catalogue.models import JobOffer, Occupation
from relais.catalogue.selectors import UnknownCommune, commune_from
from relais.foundation.jinja import day
from relais.foundation.typed import clean, one_line

from ..models import Channel, Consent, ExternalCopy, Story

SCREEN = 140
"""Characters of one screen of text: what a telephone shows without scrolling."""
SCREENS = 30
WITH_REASON = ("send_back", "withdraw")


class JobSelect(forms.Select):
    """Each occupation brings its two titles, so that the page can propose them as soon as it is chosen (studio-job.js)."""

    def create_option(self, name, value, *args, **options):
        option = super().create_option(name, value, *args, **options)
        if sheet := getattr(value, "instance", None):
            option["attrs"] |= {f"data-{form}": getattr(sheet, form) for form in ("feminine", "masculine")}
        return option


class StoryForm(forms.ModelForm):
    """A story, all but its files, captions, transcript and image description, which have a page of their own."""

    commune = forms.CharField(
        label="Commune", max_length=100, required=False, help_text="Nom ou code postal : sert à « près de chez toi »."
    )
    offer = forms.CharField(
        label="Offre présentée",
        max_length=200,
        required=False,
        help_text="L’adresse de l’offre sur ce site : /offres/123",
    )
    lines = forms.CharField(
        label="Texte",
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=f"Pour un texte ou des photos. Une ligne est un écran : une idée, {SCREEN} signes au plus.",
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Story
        fields = [
            "title",
            "form",
            "purpose",
            "occupation",
            "audience",
            "shows_somebody",
            "person",
            "job_form",
            "job_words",
            "person_is_minor",
            "employer",
            "place",
            "next_step",
        ]
        widgets = {"occupation": JobSelect, "job_form": forms.RadioSelect}
        help_texts = {
            "job_form": "Posez-lui la question : « Comment s’appelle ton métier, pour toi ? » Personne ne choisit à sa place. Sa réponse sera nécessaire pour publier.",
            "job_words": "Après son prénom : « Zoé, soignante de nuit ».",
            "person": "Un prénom, ou rien. Jamais de nom de famille.",
            "shows_somebody": "Son accord signé sera demandé avant la publication.",
            "person_is_minor": "L’accord d’un parent sera demandé aussi.",
            "employer": "S’il est nommé ou reconnaissable, son accord sera demandé. Laissez vide sinon.",
            "place": "Tel qu’on le lira : « près de Montargis ».",
        }

    field_order = [
        "title",
        "form",
        "purpose",
        "occupation",
        "audience",
        "lines",
        "shows_somebody",
        "person",
        "job_form",
        "job_words",
        "person_is_minor",
        "employer",
        "place",
        "commune",
        "next_step",
        "offer",
        "seen",
    ]

    def __init__(self, *args, seen: str = "", **options):
        super().__init__(*args, **options)
        story = self.instance
        self.fields["occupation"].queryset = Occupation.objects.active()
        self.fields["occupation"].empty_label = "Choisissez un métier"
        self.fields["job_form"].choices = [("", "Pas encore demandé"), *self._titles()]
        self.fields["audience"].choices = [("", "Sans objet"), *Story.Audience.choices]
        self.fields["commune"].initial = str(story.commune or "")
        self.fields["commune"].widget.attrs |= {"autocomplete": "off", "data-suggest": reverse("communes")}
        self.fields["offer"].initial = story.offer.get_absolute_url() if story.offer else ""
        self.fields["lines"].initial = "\n".join(line["text"] for line in story.lines)
        self.fields["seen"].initial = seen

    def _titles(self) -> list[tuple[str, str]]:
        """The forms to choose from, with the titles of the occupation when it is known."""
        picked = self.data.get("occupation") if self.is_bound else self.instance.occupation_id
        sheet = self.fields["occupation"].queryset.filter(slug=picked or "").first()
        return [
            (value, f"{label} : {title}" if (title := getattr(sheet, value, "")) else label)
            for value, label in Story.JobForm.choices
        ]

    def clean_title(self):
        title = one_line(self.cleaned_data["title"])
        if not any(character.isalnum() for character in title):
            raise forms.ValidationError("Écrivez un titre avec des lettres.")
        return title

    def clean_lines(self):
        lines = [one_line(line) for line in clean(self.cleaned_data["lines"]).split("\n")]
        lines = [line for line in lines if line]
        long = [f"« {line[:30]}… » ({len(line)} signes)" for line in lines if len(line) > SCREEN]
        if long:
            raise forms.ValidationError(f"Trop long pour un écran : {', '.join(long)}. Coupez en deux lignes.")
        if len(lines) > SCREENS:
            raise forms.ValidationError(f"{len(lines)} écrans, c’est trop : {SCREENS} au plus.")
        return [{"text": line} for line in lines]

    def clean_commune(self):
        if not (text := self.cleaned_data["commune"].strip()):
            return None
        try:
            return commune_from(text)
        except UnknownCommune as error:
            choices = ", ".join(str(commune) for commune in error.suggestions[:5])
            raise forms.ValidationError(
                f"{error} {f'Est-ce l’une de celles-ci : {choices} ?' if choices else 'Essayez le code postal.'}"
            ) from None

    def clean_offer(self):
        if not (text := self.cleaned_data["offer"].strip()):
            return None
        number = text.rstrip("/").rpartition("/")[2]
        offer = JobOffer.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 16 else None
        if offer is None:
            raise forms.ValidationError(
                "Aucune offre à cette adresse. Ouvrez l’offre sur ce site et copiez son adresse."
            )
        return offer

    def clean(self):
        data = super().clean()
        if data.get("person_is_minor") and not data.get("shows_somebody"):
            self.add_error("shows_somebody", "Une personne mineure est montrée : cochez aussi cette case.")
        if data.get("job_form") != Story.JobForm.OWN:
            data["job_words"] = ""
        elif not data.get("job_words"):
            self.add_error("job_words", "Écrivez le nom que cette personne donne à son métier.")
        if data.get("next_step") == Story.NextStep.OFFER and not data.get("offer") and "offer" not in self.errors:
            self.add_error("offer", "La suite mène à une offre : donnez son adresse.")
        return data


class MoveForm(forms.Form):
    move = forms.ChoiceField(
        choices=[(name, name) for name in ("submit", "send_back", "approve", "publish", "withdraw", "resume")]
    )
    reason = forms.CharField(
        label="Raison", max_length=300, required=False, error_messages={"max_length": "La raison tient en 300 signes."}
    )
    seen = forms.CharField(max_length=400, required=False, widget=forms.HiddenInput)

    def clean(self):
        data = super().clean()
        if data.get("move") in WITH_REASON and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Dites pourquoi, en une phrase.")
        return data


class MistakeForm(forms.Form):
    """Either `replacement` puts one of the suggestions in place, or `reason` says that there is nothing to correct."""

    mistake = forms.CharField(max_length=64)
    replacement = forms.CharField(max_length=200, required=False, strip=False)
    reason = forms.CharField(max_length=300, required=False)

    def clean(self):
        data = super().clean()
        if not self.errors and not data.get("replacement") and not data.get("reason"):
            raise forms.ValidationError("Dites pourquoi ce n’est pas une faute, en une phrase.")
        return data


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **options):
        super().__init__(format="%Y-%m-%d", **options)


class ConsentForm(forms.Form):
    kind = forms.ChoiceField(label="Qui donne son accord", choices=Consent.Kind.choices, widget=forms.RadioSelect)
    name = forms.CharField(
        label="Nom",
        max_length=120,
        help_text="Tel qu’il est signé. Il n’est jamais publié. Pour un renouvellement, le même nom.",
    )
    channels = forms.MultipleChoiceField(
        label="Pour quels canaux", choices=Channel.choices, widget=forms.CheckboxSelectMultiple
    )
    starts = forms.DateField(label="À partir du", widget=DayInput)
    ends = forms.DateField(
        label="Jusqu’au",
        widget=DayInput,
        help_text="Ce jour compris. Le lendemain, ce que cet accord couvre est retiré.",
    )
    proof = forms.ModelChoiceField(
        label="Accord signé",
        queryset=None,
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Envoyez d’abord le document signé, puis choisissez-le.",
            "invalid_choice": "Ce fichier ne peut pas servir.",
        },
    )

    def __init__(self, *args, proofs, **options):
        super().__init__(*args, **options)
        self.fields["proof"].queryset = proofs
        self.fields["proof"].label_from_instance = lambda upload: f"{upload.name}, envoyé le {day(upload.completed_at)}"
        self.fields["starts"].initial = timezone.localdate

    def clean(self):
        data = super().clean()
        starts, ends = data.get("starts"), data.get("ends")
        if starts and ends and ends < starts:
            self.add_error("ends", "La fin est avant le début.")
        if starts and ends and ends > starts + timedelta(days=366 * 10):
            self.add_error("ends", "Dix ans au plus : au-delà, un nouvel accord est demandé.")
        return data


class WithdrawalForm(forms.Form):
    reason = forms.CharField(max_length=300, error_messages={"required": "Dites pourquoi, en une phrase."})


class CopyForm(forms.ModelForm):
    class Meta:
        model = ExternalCopy
        fields = ["channel", "address"]

    address = forms.URLField(label="Adresse", max_length=500, assume_scheme="https")

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["channel"].choices = [
            choice for choice in Channel.choices if choice[0] not in (Channel.SITE, Channel.PRINT)
        ]
