"""What people type into the answer line, checked with sentences that say what to do."""

import secrets
import uuid

from django import forms

from relais.catalogue.models import Structure
from relais.catalogue.selectors import UnknownCommune, commune_from

from .models import Callback, Exit
from .services import MAX_LENGTH

# Pseudonyms on offer: an animal and a number say nothing about anybody.
ANIMALS = ("Colibri", "Renard", "Loutre", "Hibou", "Lynx", "Martre", "Hérisson", "Geai", "Écureuil", "Dauphin", "Lièvre", "Merle")


def pseudonym() -> str:
    return f"{secrets.choice(ANIMALS)} {secrets.randbelow(90) + 10}"


def too_long(length: int) -> str:
    return f"Ton message fait {length} signes, la limite est de {MAX_LENGTH}. Coupe-le en deux : il est toujours dans la case."


class CommuneField(forms.CharField):
    """A commune as people type it: a name or a postcode. Cleans to a Commune or None."""

    def __init__(self, **options):
        super().__init__(max_length=100, required=False, **options)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            return commune_from(text)
        except UnknownCommune as error:
            if text.isdigit() and error.suggestions:
                # One postcode, several neighbours: the biggest is near enough, and nobody is stopped for it.
                return error.suggestions[0]
            names = ", ".join(str(commune) for commune in error.suggestions[:5])
            more = f"Tu veux dire : {names} ?" if names else "Essaie le code postal, ou laisse la case vide."
            raise forms.ValidationError(f"{error} {more}") from None


class KeyedForm(forms.Form):
    """A form sent twice counts once: its key is made with the page."""

    key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"invalid": "Cette page est trop vieille : recharge-la.", "required": "Cette page est trop vieille : recharge-la."},
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["key"].initial = uuid.uuid4


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
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Trente signes au plus, s’il te plaît."},
    )
    commune = CommuneField(
        label="Ta commune ou ton code postal",
        help_text="Pour trouver de l’aide près de chez toi.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["body", "pseudonym", "commune", "key"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["pseudonym"].initial = pseudonym

    def clean_pseudonym(self):
        return self.cleaned_data["pseudonym"] or pseudonym()


class ResumeForm(forms.Form):
    code = forms.CharField(
        label="Ton code de reprise",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": "Écris le code que tu as noté.", "max_length": "Ce code est trop long. Il a douze signes."},
    )


class CallbackForm(forms.Form):
    kind = forms.ChoiceField(label="Comment te joindre", choices=Callback.Kind, initial=Callback.Kind.EMAIL, widget=forms.RadioSelect)
    value = forms.CharField(
        label="Ton e-mail ou ton numéro",
        max_length=120,
        help_text="Il sert une seule fois, puis il est effacé.",
        error_messages={"required": "Écris ton e-mail ou ton numéro."},
    )

    def clean(self):
        kind, value = self.cleaned_data.get("kind"), self.cleaned_data.get("value", "").strip()
        if kind == Callback.Kind.EMAIL and value:
            try:
                forms.EmailField().clean(value)
            except forms.ValidationError:
                self.add_error("value", "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr")
        digits = "".join(character for character in value if character.isdigit())
        if kind == Callback.Kind.PHONE and value and not 9 <= len(digits) <= 15:
            self.add_error("value", "Ce numéro n’a pas la bonne forme. Exemple : 06 12 34 56 78")
        return self.cleaned_data


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


class HandoverForm(KeyedForm):
    structure = forms.ModelChoiceField(
        label="Structure",
        queryset=Structure.objects.none(),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une structure.",
            "invalid_choice": "Cette structure n’est plus dans la liste : choisissez-en une autre.",
        },
    )
    partner_email = forms.EmailField(
        label="Adresse e-mail du partenaire",
        required=False,
        help_text="Laissez vide pour l’adresse connue de la structure.",
        error_messages={"invalid": "Cette adresse n’a pas la bonne forme. Exemple : accueil@exemple.fr"},
    )
    summary = forms.CharField(
        label="Ce qui sera transmis",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="La personne lira ce texte mot pour mot avant de dire oui. Ni nom, ni santé.",
        error_messages={"required": "Écrivez ce qui sera transmis.", "max_length": "Mille signes au plus : allez à l’essentiel."},
    )

    def __init__(self, *args, structures, **options):
        super().__init__(*args, **options)
        self.fields["structure"].queryset = structures

    def clean(self):
        structure, email = self.cleaned_data.get("structure"), self.cleaned_data.get("partner_email")
        if structure and not email:
            if not structure.email:
                self.add_error("partner_email", "Cette structure n’a pas d’adresse connue : écrivez celle de votre contact.")
            self.cleaned_data["partner_email"] = structure.email
        return self.cleaned_data


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites en un mot pourquoi : cela aide à trouver une autre porte.", "max_length": "Trois cents signes au plus."},
    )


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(
        label="Quelle suite ?",
        choices=Exit,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la suite donnée.", "invalid_choice": "Choisissez une suite dans la liste."},
    )
