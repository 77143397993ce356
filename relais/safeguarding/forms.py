"""What the team types about a danger."""

from django import forms

from relais.accounts.forms import PersonChoice
from relais.foundation.forms import KeyedForm

from .models import Alarm, DangerFile


def _text(
    label: str, required: str, *, rows: int = 4, most: int = 4000, needed: bool = True, hint: str = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=needed,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": rows, "autocomplete": "off"}),
        error_messages={
            "required": required,
            "max_length": f"{most} signes au plus : votre texte est toujours dans la case.",
        },
    )


def _choice(label: str, choices, required: str) -> forms.ChoiceField:
    errors = {"required": required, "invalid_choice": "Choisissez dans la liste."}
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, error_messages=errors)


class SeenForm(forms.Form):
    """A human has read what was signalled. `read`: the numbers of the alarms on the page they read."""

    read = forms.RegexField(r"^[0-9]{1,18}( [0-9]{1,18})*$", widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        choices=[("true", "On s’en occupe"), ("false", "Fausse alerte"), ("again", "À relire")],
        widget=forms.HiddenInput,
    )
    reason = forms.CharField(
        label="En quelques mots",
        max_length=300,
        required=False,
        help_text="Obligatoire pour une fausse alerte. Gardé dans les notes.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_read(self) -> set[int]:
        return {int(number) for number in self.cleaned_data["read"].split()}


class GroupForm(forms.Form):
    """What several alarms were. `read`: the numbers of those that stood on the page."""

    read = forms.RegexField(r"^[0-9]{1,18}( [0-9]{1,18})*$", widget=forms.HiddenInput)
    reason = _choice("Pourquoi ce sont de fausses alertes", Alarm.Together, "Choisissez pourquoi.")

    def clean_read(self) -> set[int]:
        return {int(number) for number in self.cleaned_data["read"].split()}


class OpenDangerForm(KeyedForm):
    level = _choice("Niveau", DangerFile.Level, "Choisissez un niveau : la liste à côté aide.")
    facts = _text(
        "Les faits",
        "Écrivez ce qui vous inquiète.",
        rows=8,
        hint="Ce qui a été dit, ses mots entre guillemets. Sans interpréter.",
    )
    second_reader = PersonChoice(
        queryset=None,
        label="Qui relit dans l’heure ?",
        empty_label="Choisir",
        error_messages={
            "required": "Choisissez une deuxième personne : rien ne se décide seul.",
            "invalid_choice": "Choisissez dans la liste.",
        },
    )

    def __init__(self, *args, readers, **options):
        super().__init__(*args, **options)
        self.fields["second_reader"].queryset = readers


class EntryForm(forms.Form):
    text = _text("Ce qui s’est passé", "Écrivez ce qui s’est passé.", rows=3)
    is_call = forms.BooleanField(label="C’est un appel aux secours, à la police ou au 119", required=False)


class SecondReadingForm(forms.Form):
    level = _choice("Niveau, après relecture", DangerFile.Level, "Confirmez ou changez le niveau.")
    opinion = _text("Votre avis", "Écrivez votre avis, même court.", rows=3)


class DecisionForm(forms.Form):
    decision = _choice("Décision", DangerFile.Decision, "Choisissez ce qui est décidé.")
    reasons = _text("Motifs", "Écrivez les motifs de la décision.", rows=3)
    parents = _choice("Information des parents", DangerFile.Parents, "Dites si les parents sont informés.")
    parents_reason = _text("Si les parents ne sont pas informés, pourquoi", "", rows=2, needed=False)


class SentForm(forms.Form):
    sent_to = forms.CharField(label="Transmis à", max_length=120, error_messages={"required": "Écrivez à qui."})
    sent_at = forms.DateTimeField(
        label="Le",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "Écrivez quand.", "invalid": "Une date et une heure, s’il vous plaît."},
    )
    receipt = forms.CharField(
        label="Accusé de réception",
        max_length=200,
        required=False,
        help_text="Numéro, nom, heure. Il peut être ajouté plus tard.",
    )
