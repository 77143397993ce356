"""Forms of the import page."""

from django import forms

from relais.accounts.models import Organisation
from relais.foundation.jinja import number as grouped

from ..models import Structure
from .bounds import FILE, ROWS
from .columns import BY_KEY, FIELDS, PLACES, guess
from .intake import Sheet
from .models import IMPORTERS

MEGABYTES = FILE // 1_000_000
LONGEST_OPTION = 70
"""Signs of a column and its examples in a list to choose from."""
MISSING = [
    ("keep", "Les garder : ce fichier est un ajout, ou une partie de ce que nous avons"),
    ("remove", "Les retirer du catalogue : ce fichier est notre liste complète"),
]


class BringForm(forms.Form):
    organisation = forms.ModelChoiceField(label="Au nom de", queryset=Organisation.objects.none(), empty_label=None)
    file = forms.FileField(
        label="Votre tableau",
        max_length=1000,
        help_text=f"XLSX (Excel, LibreOffice) ou CSV, {MEGABYTES} Mo et {grouped(ROWS)} lignes au plus. Une ligne donne le nom des colonnes, puis une ligne par structure.",
        error_messages={"required": "Choisissez un fichier.", "empty": "Ce fichier est vide : il ne contient aucune ligne."},
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.xlsm"}),
    )

    def __init__(self, *args, user, **options):
        super().__init__(*args, **options)
        places = user.organisations(*IMPORTERS).order_by("name", "pk")
        self.fields["organisation"].queryset = places
        if len(places) == 1:
            self.fields["organisation"].widget = forms.HiddenInput()
            self.fields["organisation"].initial = places[0].pk

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > FILE:
            raise forms.ValidationError(f"Ce fichier est trop lourd : {MEGABYTES} Mo au plus. Ne gardez que les colonnes utiles, ou partagez-le.")
        return file


class MatchForm(forms.Form):
    """For each of our fields, a column of the table with examples; `begun`: how it was matched before, or {}."""

    usual = forms.ChoiceField(label="Type des lignes qui n’en disent pas", choices=Structure.Kind.choices, initial=Structure.Kind.SERVICE)
    missing = forms.ChoiceField(
        label="Les structures que votre organisation a déjà apportées, et qui ne sont plus dans ce fichier", choices=MISSING, initial="keep", widget=forms.RadioSelect
    )

    def __init__(self, *args, sheet: Sheet, begun: dict, **options):
        super().__init__(*args, **options)
        columns = begun["columns"] if begun else guess(sheet.headers)
        examples = [sheet.examples(number) for number in range(len(sheet.headers))]
        choices = [("", "Aucune colonne"), *((str(number), _option(sheet.headers[number], found)) for number, found in enumerate(examples) if found)]
        for field in FIELDS:
            # A column that is empty in this file is none.
            number = columns.get(field.key)
            initial = str(number) if number is not None and number < len(examples) and examples[number] else ""
            told = [field.hint, f"Par exemple : {' ; '.join(one[:60] for one in examples[number])}." if initial else ""]
            self.fields[field.key] = forms.ChoiceField(
                label=field.label, choices=choices, required=field.key == "name", initial=initial, help_text=" ".join(filter(None, told)),
                error_messages={"required": "Il faut un nom : choisissez la colonne qui le contient."},
            )  # fmt: skip
        self.fields["usual"].initial = begun.get("kind", Structure.Kind.SERVICE)
        self.fields["missing"].initial = begun.get("missing", "keep")
        keys = [field.key for field in FIELDS]
        self.order_fields([*keys[: keys.index("kind") + 1], "usual", *keys[keys.index("kind") + 1 :], "missing"])

    def clean(self):
        cleaned = super().clean()
        chosen: dict[str, str] = {}
        for field in FIELDS:
            number = cleaned.get(field.key, "")
            if number and number in chosen:
                self.add_error(field.key, f"Cette colonne est déjà choisie pour « {BY_KEY[chosen[number]].label} » : une colonne ne sert qu’une fois.")
            elif number:
                chosen[number] = field.key
        if not any(cleaned.get(name) or name in self.errors for name in PLACES):
            self.add_error("commune", "Il faut savoir où c’est : choisissez la colonne de la commune, du code postal ou du code INSEE.")
        return cleaned

    def matching(self) -> dict:
        """As `services.match` takes it."""
        columns = {field.key: int(self.cleaned_data[field.key]) for field in FIELDS if self.cleaned_data[field.key]}
        return {"columns": columns, "kind": self.cleaned_data["usual"], "missing": self.cleaned_data["missing"]}


def _option(header: str, examples: list[str]) -> str:
    told = f"{header} ({' ; '.join(one[:30] for one in examples)})"
    return told if len(told) <= LONGEST_OPTION else told[: LONGEST_OPTION - 2] + "…)"
