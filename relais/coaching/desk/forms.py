"""What people who answer type at their desk."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django import forms

from relais.accounts.forms import PersonChoice
from relais.accounts.models import SAID
from relais.foundation.forms import KeyedForm

from ..forms import PeriodForm, ReplyForm
from ..line import changed_hours
from ..models import CannedReply, Team
from . import canned

REASON = {
    "required": "Dites en un mot pourquoi : la personne suivante le lira.",
    "max_length": "Deux cents signes au plus.",
}


class AnswerForm(ReplyForm):
    """`take`: the conversation is taken in hand by answering. `beside`: the columns to come back to."""

    take = forms.BooleanField(required=False, widget=forms.HiddenInput)
    beside = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean_body(self):
        body = super().clean_body()
        if left := canned.blanks(body):
            raise forms.ValidationError(f"Il reste « [{left[0]} ?] » à remplacer par vos mots avant d’envoyer.")
        return body


def beside_of(text: str) -> list[UUID]:
    """The conversations of « id,id », at most three; what is not one is left out."""
    return numbers_of(text.split(",")[:3])


def numbers_of(parts: Iterable[str]) -> list[UUID]:
    """Those that are numbers of rows."""
    found = []
    for part in parts:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


class NoteForm(KeyedForm):
    body = forms.CharField(
        label="Note entre collègues",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text="La personne ne la voit pas ici, mais elle est dans l’export de ses données. Un @prénom prévient quelqu’un.",
        error_messages={
            "required": "Écrivez votre note.",
            "max_length": "Deux mille signes au plus : votre texte est toujours dans la case.",
        },
    )


class TransferForm(forms.Form):
    """To a colleague or to a team: `to` is « person:ID » or « team:ID », « team: » for anybody."""

    to = forms.ChoiceField(
        label="Passer à",
        error_messages={"required": "Choisissez à qui.", "invalid_choice": "Choisissez dans la liste."},
    )
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=200,
        help_text="Pour votre collègue. Ni nom, ni santé.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages=REASON,
    )

    def __init__(self, *args, people, teams, away=(), whole_load=False, **options):
        super().__init__(*args, **options)
        self.people = {str(person.pk): person for person in people}
        self.teams = {str(team.pk): team for team in teams}
        persons = [
            (f"person:{pk}", f"{person}, en absence" if person.pk in away else str(person))
            for pk, person in self.people.items()
        ]
        groups = [] if whole_load else [(f"team:{pk}", team.name) for pk, team in self.teams.items()]
        self.fields["to"].choices = [
            ("", "Choisir"),
            ("Une équipe", [*groups, ("team:", "Toute l’équipe : qui veut la prend")]),
            ("Une personne", persons),
        ]

    def clean(self):
        cleaned = super().clean()
        kind, _, pk = cleaned.get("to", "").partition(":")
        cleaned["receiver"] = self.people.get(pk) if kind == "person" else None
        cleaned["team"] = self.teams.get(pk) if kind == "team" else None
        return cleaned


class PassOnForm(forms.Form):
    """To another line, whoever its people are."""

    line = forms.ModelChoiceField(
        None,
        label="Ligne",
        empty_label="Choisir",
        error_messages={"required": "Choisissez une ligne.", "invalid_choice": "Choisissez dans la liste."},
    )
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=150,
        help_text="Pour l’équipe qui reçoit. Ni nom, ni santé.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages=REASON | {"max_length": "Cent cinquante signes au plus."},
    )

    def __init__(self, *args, lines, **options):
        super().__init__(*args, **options)
        self.fields["line"].queryset = lines
        self.fields["line"].label_from_instance = lambda line: f"{line.name}, {line.organisation.name}"


class CannedForm(forms.ModelForm):
    class Meta:
        model = CannedReply
        fields = ["shortcut", "title", "body", "is_active"]
        labels = {"is_active": "Proposée au bureau"}
        help_texts = {
            "shortcut": "Un mot, sans espace ni accent : « horaires ».",
            "body": "Les mots entre accolades sont remplacés : {pseudo}, {commune}…",
        }
        widgets = {
            "body": forms.Textarea(attrs={"rows": 8}),
            "shortcut": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        error_messages = {
            "shortcut": {
                "required": "Donnez-lui un raccourci.",
                "invalid": "Des lettres sans accent, des chiffres et des tirets seulement.",
            },
            "title": {"required": "Donnez-lui un titre."},
            "body": {"required": "Écrivez la réponse.", "max_length": "Deux mille signes au plus."},
        }

    def clean_body(self):
        body = self.cleaned_data["body"]
        try:
            canned.check_variables(body)
        except canned.UnknownVariable as error:
            raise forms.ValidationError(str(error)) from None
        return body

    def clean_shortcut(self):
        shortcut = self.cleaned_data["shortcut"]
        same = CannedReply.objects.filter(organisation=self.instance.organisation, shortcut=shortcut).exclude(
            pk=self.instance.pk
        )
        if same.exists():
            raise forms.ValidationError("Ce raccourci sert déjà : choisissez-en un autre.")
        return shortcut


class AbsenceForm(PeriodForm):
    field_order = ("user", "first", "last", "substitute")
    past = "Cette absence est déjà passée."
    user = forms.ModelChoiceField(label="Qui", queryset=None, error_messages={"required": "Choisissez une personne."})
    substitute = forms.ModelChoiceField(
        label="Ses conversations vont à",
        queryset=None,
        required=False,
        empty_label="L’équipe : qui veut les prend",
        error_messages={"invalid_choice": "Choisissez une personne de l’équipe."},
    )

    def __init__(self, *args, people, substitutes, **options):
        super().__init__(*args, **options)
        self.fields["user"].queryset, self.fields["substitute"].queryset = people, substitutes

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("substitute") and cleaned["substitute"] == cleaned.get("user"):
            self.add_error("substitute", "Personne ne se remplace soi-même.")
        return cleaned


class FindForm(forms.Form):
    words = forms.CharField(
        label="Mots cherchés",
        max_length=100,
        help_text="Dans vos conversations, avec ou sans accents.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Écrivez un ou plusieurs mots.", "max_length": "Cent signes au plus."},
    )
    reason = forms.ChoiceField(
        label="Chercher aussi dans les dossiers de mineurs que vous ne tenez plus",
        required=False,
        help_text="Votre raison est gardée avec la trace de votre lecture.",
        choices=[("", "Non"), *((one.value, one.label) for one in SAID)],
    )


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ["name", "skills", "members"]
        labels = {"name": "Nom", "members": "Membres"}
        widgets = {"members": forms.CheckboxSelectMultiple}
        error_messages = {"name": {"required": "Donnez-lui un nom."}}

    def __init__(self, *args, people, **options):
        super().__init__(*args, **options)
        self.fields["members"].queryset = people
        self.fields["skills"] = forms.MultipleChoiceField(
            label="Sujets",
            choices=Team._meta.get_field("skills").base_field.choices,
            widget=forms.CheckboxSelectMultiple,
            required=False,
        )
        self.fields["members"].required = False

    def clean_name(self):
        name = self.cleaned_data["name"]
        if (
            Team.objects.filter(organisation=self.instance.organisation, name__iexact=name)
            .exclude(pk=self.instance.pk)
            .exists()
        ):
            raise forms.ValidationError("Une équipe porte déjà ce nom.")
        return name


class ForceForm(forms.Form):
    """Open or close a line at once, for so many hours or until tomorrow morning's usual hours."""

    state = forms.ChoiceField(
        label="La ligne",
        choices=[
            (changed_hours.CLOSED, "ferme maintenant"),
            (changed_hours.OPEN, "ouvre maintenant"),
            ("", "suit de nouveau ses heures"),
        ],
        required=False,
        widget=forms.RadioSelect,
    )
    minutes = forms.TypedChoiceField(
        label="Pendant",
        choices=[
            (30, "une demi-heure"),
            (60, "une heure"),
            (120, "deux heures"),
            (240, "quatre heures"),
            (480, "huit heures"),
            (1440, "un jour"),
            (4320, "trois jours"),
        ],
        coerce=int,
        error_messages={"required": "Choisissez une durée.", "invalid_choice": "Choisissez une durée dans la liste."},
    )
    message = forms.CharField(
        label="Message affiché aux jeunes",
        max_length=200,
        required=False,
        help_text="Par exemple : « Panne de téléphone, on revient vite. »",
    )

    def until(self, now):
        """The instant at which it ends; None when the line follows its hours."""
        return now + timedelta(minutes=self.cleaned_data["minutes"]) if self.cleaned_data["state"] else None


class EntrustForm(forms.Form):
    volunteer = PersonChoice(
        queryset=None,
        label="À qui ?",
        empty_label="Choisir",
        error_messages={"required": "Choisissez quelqu’un.", "invalid_choice": "Choisissez dans la liste."},
    )
    reason = forms.CharField(
        label="Pourquoi ?", max_length=200, error_messages={"required": "Dites en un mot pourquoi."}
    )

    def __init__(self, *args, volunteers, **options):
        super().__init__(*args, **options)
        self.fields["volunteer"].queryset = volunteers
