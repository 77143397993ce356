"""What who supervises a line types about its hours."""

from django import forms
from django.utils.text import slugify

from relais.accounts.models import Organisation
from relais.catalogue.selectors import UnknownCommune, commune_from
from relais.foundation import meanwhile

from ..forms import PeriodForm
from ..models import Conversation, Line, Situation
from . import opening, serving

MINUTES = {
    "required": "Donnez un nombre de minutes.",
    "invalid": "Donnez un nombre de minutes.",
    "min_value": "Au moins une minute.",
    "max_value": "Une journée au plus.",
}


MOST_COMMUNES = 500


class LineForm(forms.ModelForm):
    """`organisations`: for which of them a new line may be opened; asked when there are several."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    served = forms.CharField(
        label=opening.LABELS["departements"],
        required=False,
        max_length=600,
        help_text="Leurs numéros, séparés par des virgules : 45, 2A, 974.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    places = forms.CharField(
        label=opening.LABELS["communes"],
        required=False,
        max_length=40_000,
        help_text="Une par ligne : un nom ou un code postal. Elles s’ajoutent aux départements, et passent avant eux.",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )
    situations = forms.MultipleChoiceField(
        label=opening.LABELS["situations"], required=False, choices=Situation, widget=forms.CheckboxSelectMultiple
    )
    subjects = forms.MultipleChoiceField(
        label=opening.LABELS["subjects"],
        required=False,
        choices=Conversation.Subject,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Line
        fields = [
            "name",
            "time_zone",
            "departement",
            "open_on_holidays",
            "promise_minutes",
            "alert_minutes",
            "escalate_minutes",
            "oncall_name",
            "oncall_email",
            "oncall_minutes",
            "handover_working_hours",
            "situations",
            "subjects",
        ]
        labels = opening.LABELS
        help_texts = {
            "departement": "Deux ou trois signes, pour ses jours fériés seulement : 45, 67, 974. Vide : ceux de toute la France.",
            "promise_minutes": "Compté dans les heures d’ouverture. C’est ce que lit la personne qui écrit. La page publique de la promesse, elle, compte toujours à trente minutes.",
            "oncall_email": "Prévenue si personne n’a répondu, sans un mot de ce qui est écrit.",
            "oncall_minutes": "Depuis le message, comme les deux autres. Ne sert que si une adresse est notée.",
            "handover_working_hours": "Passé ce délai, la demande revient à l’équipe.",
        }

    def __init__(self, *args, organisations=None, **options):
        super().__init__(*args, **options)
        self.organisations = organisations
        if self.instance.pk:
            self.fields["seen"].initial = meanwhile.fingerprint(opening.told(self.instance))
        elif len(organisations) > 1:
            self.fields["organisation"] = forms.ModelChoiceField(
                Organisation.objects.filter(pk__in=organisations),
                label="Pour quelle organisation",
                empty_label="Choisir",
                error_messages={
                    "required": "Dites pour quelle organisation.",
                    "invalid_choice": "Choisissez dans la liste.",
                },
            )
        self.fields["name"].error_messages["required"] = "Donnez un nom à la ligne."
        self.fields["time_zone"] = forms.ChoiceField(label="Fuseau horaire", choices=list(opening.ZONES.items()))
        for name in ("promise_minutes", "alert_minutes", "escalate_minutes", "oncall_minutes"):
            self.fields[name] = forms.IntegerField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                min_value=1,
                max_value=1440,
                error_messages=MINUTES,
            )
        self.fields["handover_working_hours"] = forms.IntegerField(
            label=self.fields["handover_working_hours"].label,
            help_text=self.fields["handover_working_hours"].help_text,
            min_value=1,
            max_value=200,
            error_messages=MINUTES
            | {
                "required": "Donnez un nombre d’heures.",
                "invalid": "Donnez un nombre d’heures.",
                "max_value": "Deux cents heures au plus.",
            },
        )
        self.names = serving.names_of([self.instance])
        self.fields["served"].initial = ", ".join(self.instance.departements)
        self.fields["places"].initial = "\n".join(self.names.get(insee, insee) for insee in self.instance.communes)
        week = opening.week_of(self.instance) if self.instance.pk else {day: [] for day in range(7)}
        for day, name in enumerate(opening.DAYS):
            self.fields[f"day_{day}"] = forms.CharField(
                label=name.capitalize(), max_length=100, required=False, initial=opening.in_words(week[day])
            )

    def days(self) -> list:
        return [self[f"day_{day}"] for day in range(7)]

    def clean_departement(self):
        value = self.cleaned_data["departement"].strip().upper()
        if value and not (len(value) in (2, 3) and value.isalnum()):
            raise forms.ValidationError("Donnez un numéro de département, ou laissez vide.")
        return value

    def clean_served(self):
        numbers = list(dict.fromkeys(self.cleaned_data["served"].upper().replace(",", " ").replace(";", " ").split()))
        if wrong := [number for number in numbers if number not in serving.DEPARTEMENTS]:
            raise forms.ValidationError(f"« {wrong[0][:20]} » n’est pas un numéro de département.")
        return numbers

    def clean_places(self):
        """INSEE codes. What was there, as it was shown, stays as it is: of two namesakes it is still the same one."""
        typed = [text for line in self.cleaned_data["places"].splitlines() if (text := line.strip())]
        if len(typed) > MOST_COMMUNES:
            raise forms.ValidationError(f"{MOST_COMMUNES} communes au plus : au-delà, notez leur département.")
        known = {name: insee for insee, name in self.names.items()} | {insee: insee for insee in self.instance.communes}
        return list(dict.fromkeys(known.get(text) or _commune(text) for text in typed))

    def clean(self):
        found = super().clean()
        self.week = {}
        for day in range(7):
            try:
                self.week[day] = opening.windows_of(found.get(f"day_{day}", ""))
            except ValueError as error:
                self.add_error(f"day_{day}", str(error))
        if not self.errors and not any(self.week.values()):
            self.add_error(None, "Notez au moins une ouverture : sans heures, la ligne ne promet rien à personne.")
        # That the team is alerted before those, and those before the end, is said by the model.
        escalate, due = found.get("escalate_minutes"), found.get("promise_minutes")
        oncall = found.get("oncall_minutes")
        if found.get("oncall_email") and None not in (escalate, oncall, due) and not escalate <= oncall <= due:
            self.add_error("oncall_minutes", "Entre l’alerte aux responsables et la fin du délai.")
        return found

    def shows_again(self, line: Line) -> None:
        """Told what somebody else has kept, who presses again has decided."""
        self.data = self.data.copy()
        self.data["seen"] = meanwhile.fingerprint(opening.told(line))

    def line(self) -> Line:
        """The line as typed, not kept yet."""
        line = self.save(commit=False)
        line.departements, line.communes = self.cleaned_data["served"], self.cleaned_data["places"]
        if not line.pk:
            line.organisation, line.slug = (
                self.cleaned_data.get("organisation") or self.organisations[0],
                slugify(line.name)[:40] or "ligne",
            )
        return line


def _commune(text: str) -> str:
    try:
        return commune_from(text).pk
    except UnknownCommune as error:
        names = " ; ".join(str(commune) for commune in error.suggestions[:5])
        again = (
            f"Si c’est l’une de celles-ci, écrivez-la comme ici, avec son numéro : {names}."
            if names
            else "Essayez le code postal."
        )
        raise forms.ValidationError(f"{error} {again}") from None


class FallbackForm(forms.Form):
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    line = forms.ModelChoiceField(
        Line.objects.all(),
        label="Ligne qui reçoit le reste",
        empty_label=None,
        error_messages={"required": "Choisissez une ligne."},
    )


class DaysForm(PeriodForm):
    reason = forms.CharField(
        label="Raison", max_length=100, required=False, help_text="Pour l’équipe : « Pont de l’Ascension »."
    )
