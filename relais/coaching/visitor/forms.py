"""What a person types on their own page."""

from django import forms

from relais.foundation.pseudonyms import pseudonym
from relais.foundation.typed import one_line

from ..forms import BodyForm, CommuneField
from ..guide import UnknownChoice, script


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
        widget=forms.TextInput(attrs={"form": "ecrire"}),
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
        return one_line(self.cleaned_data["pseudonym"]) or pseudonym()

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
        error_messages={
            "required": "Écris le code que tu as noté.",
            "max_length": "Ce code est trop long. Il a douze signes.",
        },
    )
