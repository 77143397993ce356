"""When a job runs by itself, and on what."""

from django import forms
from django.conf import settings

from relais.foundation import meanwhile
from relais.foundation.models import Days, Schedule
from relais.foundation.schedule import job_of

from . import programme

LONGEST = 20_000
"""Signs of all the lines of a job."""


class JobForm(forms.Form):
    is_on = forms.BooleanField(label="Se fait toute seule", required=False)
    hour = forms.TimeField(
        label="Heure",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
    )
    days = forms.ChoiceField(label="Jours", choices=Days.choices)
    lines = forms.CharField(
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, row: Schedule, **options):
        initial = {
            "is_on": row.is_on,
            "hour": row.hour,
            "days": row.days,
            "lines": row.lines,
            "seen": meanwhile.fingerprint(programme.told(row)),
        }
        super().__init__(*args, initial=initial, **options)
        if asks := job_of(row).asks:
            self.fields["lines"].label, self.fields["lines"].help_text = asks.label, asks.help
        else:
            del self.fields["lines"]
        self.fields[
            "hour"
        ].help_text = f"Sur l’horloge de {settings.TIME_ZONE.rpartition('/')[2]}, en été comme en hiver."

    def values(self) -> dict[str, object]:
        found = {name: self.cleaned_data[name] for name in ("is_on", "hour", "days")}
        return found | {
            "lines": "\n".join(line.strip() for line in self.cleaned_data.get("lines", "").splitlines() if line.strip())
        }

    def shows_again(self, row: Schedule) -> None:
        """Told what somebody else has kept, who presses again has decided."""
        self.data = self.data.copy()
        self.data["seen"] = meanwhile.fingerprint(programme.told(row))
