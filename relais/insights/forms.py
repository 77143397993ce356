from urllib.parse import urlencode

from django import forms
from django.utils import timezone

from . import periods
from .figures import Period

DAYS = {"30": 30, "90": 90, "an": 365}


class PeriodForm(forms.Form):
    """The period of a page of figures, out of its address. Nothing asked is 90 days; dates are whole days, both included."""

    periode = forms.ChoiceField(
        label="Période",
        choices=[
            ("30", "30 derniers jours"),
            ("90", "90 derniers jours"),
            ("an", "Un an"),
            ("tout", "Depuis le début"),
            ("dates", "Du… au…"),
        ],
    )
    du = forms.DateField(label="Du", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    au = forms.DateField(label="Au", required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))

    def __init__(self, data):
        # Dates without a choice say what they mean.
        chosen = data.get("periode") or ("dates" if data.get("du") or data.get("au") else "90")
        super().__init__({"periode": chosen, "du": data.get("du", ""), "au": data.get("au", "")})

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("du"), cleaned.get("au")
        if first and last and last < first:
            self.add_error("au", "La fin doit venir après le début.")
        for name in ("du", "au"):
            if cleaned.get(name) and not 2000 <= cleaned[name].year <= 2200:
                self.add_error(name, "Écrivez une année entre 2000 et 2200.")
        if cleaned.get("periode") == "dates" and not (first or last) and not self.errors:
            self.add_error("du", "Donnez au moins une date, ou choisissez une autre période.")
        return cleaned

    def period(self) -> Period:
        """The period asked; 90 days when what was asked cannot be."""
        now = timezone.now()
        if not self.is_valid():
            return periods.days_back(90, now)
        chosen = self.cleaned_data["periode"]
        if chosen == "dates":
            return periods.dates(self.cleaned_data["du"], self.cleaned_data["au"])
        return Period() if chosen == "tout" else periods.days_back(DAYS[chosen], now)

    def query(self) -> str:
        """The period as it goes on to the next page, urlencoded."""
        if not self.is_valid():
            return ""
        values = {"periode": self.cleaned_data["periode"]}
        if values["periode"] == "dates":
            values |= {name: f"{self.cleaned_data[name]:%Y-%m-%d}" for name in ("du", "au") if self.cleaned_data[name]}
        return urlencode(values)
