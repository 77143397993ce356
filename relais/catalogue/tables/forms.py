"""Forms of the import page."""

from django import forms

from relais.accounts.models import Organisation
from relais.foundation.jinja import number as grouped

from ..models import Structure
from .bounds import FILE, ROWS
from .columns import FIELDS, PLACES, Field, guess
from .intake import Sheet
from .models import BRINGERS, STRUCTURES

MEGABYTES = FILE // 1_000_000
LONGEST_OPTION = 70
"""Signs of a column and its examples in a list to choose from."""
MISSING = [
    ("keep", "Les garder : ce fichier est un ajout, ou une partie de ce que nous avons"),
    ("remove", "Les retirer du catalogue : ce fichier est notre liste complète"),
]


HOW = f"XLSX (Excel, LibreOffice) ou CSV, {MEGABYTES} Mo et {{}} lignes au plus. Une ligne donne le nom des colonnes, puis une ligne par {{}}."


class BringForm(forms.Form):
    organisation = forms.ModelChoiceField(label="Au nom de", queryset=Organisation.objects.none(), empty_label=None)
    file = forms.FileField(
        label="Votre tableau",
        max_length=1000,
        error_messages={
            "required": "Choisissez un fichier.",
            "empty": "Ce fichier est vide : il ne contient aucune ligne.",
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm"}),
    )

    def __init__(self, *args, user, what=STRUCTURES, one="structure", most=ROWS, **options):
        super().__init__(*args, **options)
        self.fields["file"].help_text = HOW.format(grouped(most), one)
        places = user.organisations(*BRINGERS[what]).order_by("name", "pk")
        self.fields["organisation"].queryset = places
        if len(places) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = places[0].pk

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > FILE:
            raise forms.ValidationError(
                f"Ce fichier est trop lourd : {MEGABYTES} Mo au plus. Ne gardez que les colonnes utiles, ou partagez-le."
            )
        return file


class ColumnsForm(forms.Form):
    """For each of our fields, a column of the table with examples; `begun`: how it was matched before, or {}."""

    our_fields: tuple[Field, ...] = FIELDS
    needed = "name"
    """The field without which no row is of use."""

    def __init__(self, *args, sheet: Sheet, begun: dict, **options):
        super().__init__(*args, **options)
        columns = begun["columns"] if begun else guess(sheet.headers, self.our_fields)
        examples = [sheet.examples(number) for number in range(len(sheet.headers))]
        choices = [
            ("", "Aucune colonne"),
            *((str(number), _option(sheet.headers[number], found)) for number, found in enumerate(examples) if found),
        ]
        for field in self.our_fields:
            # A column that is empty in this file is none.
            number = columns.get(field.key)
            initial = str(number) if number is not None and number < len(examples) and examples[number] else ""
            told = [field.hint, f"Par exemple : {' ; '.join(one[:60] for one in examples[number])}." if initial else ""]
            self.fields[field.key] = forms.ChoiceField(
                label=field.label,
                choices=choices,
                required=field.key == self.needed,
                initial=initial,
                help_text=" ".join(filter(None, told)),
                error_messages={"required": "Il faut un nom : choisissez la colonne qui le contient."},
            )

    def clean(self):
        cleaned = super().clean()
        labels = {field.key: field.label for field in self.our_fields}
        chosen: dict[str, str] = {}
        for key in labels:
            number = cleaned.get(key, "")
            if number and number in chosen:
                self.add_error(
                    key,
                    f"Cette colonne est déjà choisie pour « {labels[chosen[number]]} » : une colonne ne sert qu’une fois.",
                )
            elif number:
                chosen[number] = key
        return cleaned

    def columns(self) -> dict[str, int]:
        return {
            field.key: int(self.cleaned_data[field.key]) for field in self.our_fields if self.cleaned_data[field.key]
        }

    def beside(self, key: str, *others: str) -> None:
        """Show these fields of the form after `key`."""
        keys = [one for one in self.fields if one not in others]
        at = keys.index(key) + 1
        self.order_fields([*keys[:at], *others, *keys[at:]])


class MatchForm(ColumnsForm):
    usual = forms.ChoiceField(
        label="Type des lignes qui n’en disent pas", choices=Structure.Kind.choices, initial=Structure.Kind.SERVICE
    )
    missing = forms.ChoiceField(
        label="Les structures que votre organisation a déjà apportées, et qui ne sont plus dans ce fichier",
        choices=MISSING,
        initial="keep",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, begun: dict, **options):
        super().__init__(*args, begun=begun, **options)
        self.fields["usual"].initial = begun.get("kind", Structure.Kind.SERVICE)
        self.fields["missing"].initial = begun.get("missing", "keep")
        self.beside("kind", "usual")
        self.beside(self.our_fields[-1].key, "missing")

    def clean(self):
        cleaned = super().clean()
        if not any(cleaned.get(name) or name in self.errors for name in PLACES):
            self.add_error(
                "commune",
                "Il faut savoir où c’est : choisissez la colonne de la commune, du code postal ou du code INSEE.",
            )
        return cleaned

    def matching(self) -> dict:
        """As `services.match` takes it."""
        return {
            "columns": self.columns(),
            "kind": self.cleaned_data["usual"],
            "missing": self.cleaned_data["missing"],
        }


def _option(header: str, examples: list[str]) -> str:
    told = f"{header} ({' ; '.join(one[:30] for one in examples)})"
    return told if len(told) <= LONGEST_OPTION else told[: LONGEST_OPTION - 2] + "…)"
