"""What is asked of somebody's situation."""

from django import forms

from ..forms import CommuneField
from ..models import Conversation


class SituationForm(forms.Form):
    """Each answer is optional, and may be taken back."""

    NOT_SAID = ("", "Je préfère ne pas dire")
    subject = forms.ChoiceField(
        label="De quoi tu veux parler ?", required=False, choices=[NOT_SAID, *Conversation.Subject.choices]
    )
    urgency = forms.ChoiceField(
        label="C’est pressé ?", required=False, choices=[NOT_SAID, *Conversation.Urgency.choices]
    )
    age_band = forms.ChoiceField(label="Ton âge", required=False, choices=[NOT_SAID, *Conversation.AgeBand.choices])
    employment = forms.ChoiceField(
        label="En ce moment", required=False, choices=[NOT_SAID, *Conversation.Employment.choices]
    )
    known = forms.ChoiceField(
        label="La mission locale ou France Travail te suit ?",
        required=False,
        choices=[NOT_SAID, *Conversation.Known.choices],
    )

    commune = CommuneField(label="Ta commune ou ton code postal")

    def __init__(self, *args, known, **options):
        super().__init__(*args, **options)
        self.fields["commune"].known = known

    def clean(self):
        """A page that did not show the commune takes nothing back."""
        found = super().clean()
        return found if "commune" in self.data else {name: value for name, value in found.items() if name != "commune"}


class AgeForm(forms.Form):
    """The band alone: a birth date is more than we need."""

    age_band = forms.ChoiceField(
        label="Ton âge", choices=Conversation.AgeBand, error_messages={"required": "Touche une des réponses."}
    )
