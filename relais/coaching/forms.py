"""What people type into the answer line, checked with sentences that say what to do."""

from django import forms
from django.utils import timezone

from relais.catalogue.selectors import UnknownCommune, commune_from
from relais.foundation.forms import KeyedForm
from relais.foundation.pseudonyms import pseudonym

from .guide import UnknownChoice, script
from .models import Conversation
from .services import MAX_LENGTH


def too_long(length: int) -> str:
    return f"Ton message fait {length} signes, la limite est de {MAX_LENGTH}. Coupe-le en deux : il est toujours dans la case."


class CommuneField(forms.CharField):
    """A commune as people type it: a name or a postcode. Cleans to a Commune or None.

    `known`: the one that the page shows; left as it is, it stays the same one, even of two namesakes.
    """

    known = None

    def __init__(self, **options):
        super().__init__(max_length=100, required=False, **options)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        if self.known and text == str(self.known):
            return self.known
        try:
            return commune_from(text)
        except UnknownCommune as error:
            if text.isdigit() and error.suggestions:
                # One postcode, several neighbours: the biggest is near enough, and nobody is stopped for it.
                return error.suggestions[0]
            names = ", ".join(str(commune) for commune in error.suggestions[:5])
            more = f"Tu veux dire : {names} ?" if names else "Essaie le code postal, ou laisse la case vide."
            raise forms.ValidationError(f"{error} {more}") from None


class BodyForm(KeyedForm):
    body = forms.CharField(
        label="Ton message",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        strip=True,
        error_messages={"required": "Écris quelque chose, même un seul mot."},
    )

    def clean_body(self):
        body = self.cleaned_data["body"]
        if len(body) > MAX_LENGTH:
            raise forms.ValidationError(too_long(len(body)))
        return body


class OpenForm(BodyForm):
    pseudonym = forms.CharField(
        label="Ton pseudo",
        max_length=30,
        required=False,
        help_text="Pas ton vrai nom. Garde celui-ci ou choisis-en un autre.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "form": "ecrire"}),
        error_messages={"max_length": "Trente signes au plus, s’il te plaît."},
    )
    commune = CommuneField(
        label="Ta commune ou ton code postal",
        help_text="Pour trouver de l’aide près de chez toi.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "form": "ecrire", "list": "communes", "data-communes": "communes"}),
    )
    # The choices made with the program before writing; they only ever add what the person saw on the page.
    guide = forms.CharField(required=False, widget=forms.HiddenInput, max_length=120)
    field_order = ["body", "pseudonym", "commune", "guide", "key"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["pseudonym"].initial = pseudonym

    def judge_only(self, name: str) -> None:
        """Nothing but this field is said to be wrong: the person has not sent the rest yet."""
        for other in set(self.errors) - {name}:
            del self.errors[other]

    def clean_pseudonym(self):
        return self.cleaned_data["pseudonym"] or pseudonym()

    def clean_guide(self):
        """The walk of these choices; none when the script has changed since: a first message is never stopped for it."""
        try:
            return script().walk(self.cleaned_data["guide"])
        except UnknownChoice:
            return script().walk("")


class ResumeForm(forms.Form):
    code = forms.CharField(
        label="Ton code de reprise",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Écris le code que tu as noté.", "max_length": "Ce code est trop long. Il a douze signes."},
    )


class AgreementForm(forms.Form):
    name = forms.CharField(label="Ton prénom", max_length=40, required=False, help_text="Seulement si tu veux le donner.")
    contact = forms.CharField(
        label="Comment la structure peut te joindre",
        max_length=120,
        required=False,
        help_text="Un numéro ou un e-mail. Sans ça, elle passe par nous.",
    )


class ReplyForm(BodyForm):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["body"].label = "Votre réponse"
        self.fields["body"].error_messages["required"] = "Écrivez votre réponse."

    def clean_body(self):
        body = self.cleaned_data["body"]
        if len(body) > MAX_LENGTH:
            raise forms.ValidationError(f"Votre réponse fait {len(body)} signes, la limite est de {MAX_LENGTH}. Elle est toujours dans la case.")
        return body


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites en un mot pourquoi : cela aide à trouver une autre porte.", "max_length": "Trois cents signes au plus."},
    )


class ReasonForm(forms.Form):
    """Why one reads the file of somebody who may be a minor, when it is not plain."""

    PLAIN = (
        ("supervision", "Je supervise la personne qui répond"),
        ("remplacement", "Je remplace ou j’aide un collègue"),
        ("relecture", "Je relis avant un relais ou une réunion"),
        ("demande", "La personne ou un partenaire l’a demandé"),
    )
    choice = forms.ChoiceField(
        label="Pourquoi ouvrez-vous ce dossier ?",
        widget=forms.RadioSelect,
        choices=[*PLAIN, ("autre", "Autre raison, que j’écris ci-dessous")],
        error_messages={"required": "Choisissez une raison : elle est gardée avec la trace de votre lecture."},
    )
    words = forms.CharField(label="Autre raison", max_length=150, required=False)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("choice") == "autre" and not cleaned.get("words", "").strip():
            self.add_error("words", "Écrivez la raison en quelques mots.")
        cleaned["reason"] = cleaned.get("words") if cleaned.get("choice") == "autre" else cleaned.get("choice", "")
        return cleaned


class SituationForm(forms.Form):
    """Each answer is optional, and may be taken back."""

    NOT_SAID = ("", "Je préfère ne pas dire")
    subject = forms.ChoiceField(label="De quoi tu veux parler ?", required=False, choices=[NOT_SAID, *Conversation.Subject.choices])
    urgency = forms.ChoiceField(label="C’est pressé ?", required=False, choices=[NOT_SAID, *Conversation.Urgency.choices])
    age_band = forms.ChoiceField(label="Ton âge", required=False, choices=[NOT_SAID, *Conversation.AgeBand.choices])
    employment = forms.ChoiceField(label="En ce moment", required=False, choices=[NOT_SAID, *Conversation.Employment.choices])
    known = forms.ChoiceField(label="La mission locale ou France Travail te suit ?", required=False, choices=[NOT_SAID, *Conversation.Known.choices])


    commune = CommuneField(label="Ta commune ou ton code postal", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args, known, **options):
        super().__init__(*args, **options)
        self.fields["commune"].known = known

    def clean(self):
        """A page that did not show the commune takes nothing back."""
        found = super().clean()
        return found if "commune" in self.data else {name: value for name, value in found.items() if name != "commune"}


class AgeForm(forms.Form):
    """The band alone: a birth date is more than we need."""

    age_band = forms.ChoiceField(label="Ton âge", choices=Conversation.AgeBand, error_messages={"required": "Touche une des réponses."})


class PeriodForm(forms.Form):
    """From one day to another, both included, not over yet. `past`: what is said when it is."""

    first = forms.DateField(
        label="Du",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Donnez le premier jour.", "invalid": "Une date, s’il vous plaît."},
    )
    last = forms.DateField(
        label="Au",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Donnez le dernier jour.", "invalid": "Une date, s’il vous plaît."},
    )
    past = "Ces jours sont passés."

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "Le dernier jour vient avant le premier.")
        elif last and last < timezone.localdate():
            self.add_error("last", self.past)
        return cleaned
