"""What the team types about a danger, and to whom a volunteer's work is entrusted."""

from django import forms

from ..models import DangerFile


def _text(label: str, required: str, *, rows: int = 4, most: int = 4000, needed: bool = True, hint: str = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=needed, help_text=hint, widget=forms.Textarea(attrs={"rows": rows, "autocomplete": "off"}),
        error_messages={"required": required, "max_length": f"{most} signes au plus : votre texte est toujours dans la case."},
    )  # fmt: skip


def _choice(label: str, choices, required: str) -> forms.ChoiceField:
    errors = {"required": required, "invalid_choice": "Choisissez dans la liste."}
    return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect, error_messages=errors)


class SeenForm(forms.Form):
    """A human has read what was signalled. `last`: the number of the last alarm on the page they read."""

    last = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    verdict = forms.ChoiceField(choices=[("true", "On s’en occupe"), ("false", "Fausse alerte")], widget=forms.HiddenInput)
    reason = forms.CharField(
        label="En quelques mots", max_length=300, required=False, help_text="Obligatoire pour une fausse alerte. Gardé dans les notes.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, person):
        return person.full_name or str(person)


class OpenDangerForm(forms.Form):
    level = _choice("Niveau", DangerFile.Level, "Choisissez un niveau : la liste à côté aide.")
    facts = _text("Les faits", "Écrivez ce qui vous inquiète.", rows=8, hint="Ce qui a été dit, ses mots entre guillemets. Sans interpréter.")
    second_reader = PersonChoice(
        queryset=None, label="Qui relit dans l’heure ?", empty_label="Choisir",
        error_messages={"required": "Choisissez une deuxième personne : rien ne se décide seul.", "invalid_choice": "Choisissez dans la liste."},
    )  # fmt: skip

    def __init__(self, *args, readers, **options):
        super().__init__(*args, **options)
        self.fields["second_reader"].queryset = readers


class DangerReasonForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ouvrez-vous ce dossier ?", min_length=5, max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Écrivez pourquoi : c’est gardé avec la trace de votre lecture.", "min_length": "Quelques mots de plus."},
    )  # fmt: skip


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
        label="Le", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "Écrivez quand.", "invalid": "Une date et une heure, s’il vous plaît."},
    )  # fmt: skip
    receipt = forms.CharField(
        label="Accusé de réception", max_length=200, required=False, help_text="Numéro, nom, heure. Il peut être ajouté plus tard."
    )


class EntrustForm(forms.Form):
    volunteer = PersonChoice(
        queryset=None,
        label="À qui ?",
        empty_label="Choisir",
        error_messages={"required": "Choisissez quelqu’un.", "invalid_choice": "Choisissez dans la liste."},
    )
    reason = forms.CharField(label="Pourquoi ?", max_length=200, error_messages={"required": "Dites en un mot pourquoi."})

    def __init__(self, *args, volunteers, **options):
        super().__init__(*args, **options)
        self.fields["volunteer"].queryset = volunteers
