"""What people type below a story, and what moderators decide about it."""

from django import forms

from relais.foundation import typed
from relais.foundation.forms import KeyedForm
from relais.foundation.pseudonyms import pseudonym

from ..models import ContentReport
from . import moderation_hints
from .moderation import ANSWER_LENGTH
from .questions import MAX_LENGTH


def too_long(length: int, limit: int) -> str:
    return f"{length} signes : la limite est de {limit}. Rien n’est perdu, ton texte est dans la case."


class AskForm(KeyedForm):
    body = forms.CharField(
        label="Ta question",
        help_text="Ni nom de famille, ni numéro, ni réseau : tout le monde la lira.",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": "Écris ta question, même en quelques mots."},
    )
    pseudonym = forms.CharField(
        label="Ton pseudo",
        max_length=30,
        required=False,
        help_text="Pas ton vrai nom. Garde celui-ci ou choisis-en un autre.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Trente signes au plus, s’il te plaît."},
    )
    field_order = ["body", "pseudonym", "key"]

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["pseudonym"].initial = pseudonym

    def clean_body(self):
        body = typed.clean(self.cleaned_data["body"])
        if len(body) > MAX_LENGTH:
            raise forms.ValidationError(too_long(len(body), MAX_LENGTH))
        if not any(character.isalnum() for character in body):
            raise forms.ValidationError("Écris ta question avec des mots.")
        return body

    def clean_pseudonym(self):
        name = typed.one_line(self.cleaned_data["pseudonym"])
        if moderation_hints.flags(name):
            raise forms.ValidationError("Ce pseudo en dit trop sur toi. Choisis-en un qui ne dit pas qui tu es.")
        return name or pseudonym()


class ReportForm(KeyedForm):
    ground = forms.ChoiceField(
        label="Quel est le problème ?",
        choices=ContentReport.Ground.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisis le problème."},
    )
    details = forms.CharField(
        label="Explique",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        help_text="Ce qui est illégal dans ce texte, et pourquoi. Ton nom, si tu veux le donner.",
        error_messages={"max_length": "Deux mille signes au plus."},
    )
    email = forms.EmailField(
        label="Ton adresse e-mail",
        required=False,
        help_text="Pour recevoir la réponse. Elle est effacée ensuite.",
        error_messages={"invalid": "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr"},
    )
    good_faith = forms.BooleanField(
        label="Ce que je dis est vrai et complet, à ma connaissance.",
        error_messages={"required": "Coche cette case : un signalement se fait de bonne foi."},
    )
    field_order = ["ground", "details", "email", "good_faith", "key"]

    def clean_details(self):
        return typed.clean(self.cleaned_data["details"])


class AnswerForm(KeyedForm):
    """A public answer. Professionals and persons shown are addressed as « vous »."""

    body = forms.CharField(
        label="Votre réponse",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"required": "Écrivez votre réponse."},
    )

    def clean_body(self):
        body = typed.clean(self.cleaned_data["body"])
        if len(body) > ANSWER_LENGTH:
            raise forms.ValidationError(
                f"{len(body)} signes : la limite est de {ANSWER_LENGTH}. Votre texte est toujours dans la case."
            )
        if not body:
            raise forms.ValidationError("Écrivez votre réponse.")
        return body


class ReplyForm(AnswerForm):
    """What is published below a comment, on a network."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)


class SendAgainForm(forms.Form):
    """`key` is that of the row of the outbox."""

    key = forms.CharField(max_length=120, widget=forms.HiddenInput)


class ShowForm(forms.Form):
    text = forms.CharField(
        label="Ce qui paraîtra",
        max_length=2 * MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Il n’y a pas de texte à publier.", "max_length": "Ce texte est trop long."},
    )
    pseudonym = forms.CharField(
        label="Sous le pseudo", max_length=30, error_messages={"required": "Laissez un pseudo, même inventé."}
    )


class TextForm(forms.Form):
    """A text that appears, changed. `seen` is the fingerprint of what was shown; `reason` stays in the history."""

    text = forms.CharField(
        label="Ce qui paraîtra",
        max_length=2 * ANSWER_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": "Il n’y a pas de texte à publier.", "max_length": "Ce texte est trop long."},
    )
    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    reason = forms.CharField(label="Pourquoi", max_length=300, required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        max_length=300,
        error_messages={"required": "Dites pourquoi, en une phrase.", "max_length": "La raison tient en 300 signes."},
    )


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label="Décision",
        choices=ContentReport.Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez une décision."},
    )
    text = forms.CharField(
        label="Nouveau texte",
        max_length=2 * ANSWER_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Seulement si le texte est modifié.",
    )
    reasons = forms.CharField(
        label="Motifs",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="La personne qui signale les lit, et celle qui a écrit le texte aussi : les faits, et la règle ou la loi.",
        error_messages={
            "required": "Donnez les motifs : ils sont dus aux deux personnes.",
            "max_length": "Mille signes au plus.",
        },
    )

    def __init__(self, *args, text: str, may_edit: bool, **options):
        super().__init__(*args, **options)
        self.fields["text"].initial = text
        if not may_edit:
            del self.fields["text"]
            self.fields["decision"].choices = [
                choice for choice in ContentReport.Decision.choices if choice[0] != ContentReport.Decision.EDITED
            ]

    def clean(self):
        data = super().clean()
        if data.get("decision") == ContentReport.Decision.EDITED and not data.get("text"):
            self.add_error("text", "Écrivez le nouveau texte.")
        return data
