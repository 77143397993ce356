"""What people type into the answer line, checked with sentences that say what to do."""

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone

from relais.catalogue.selectors import UnknownCommune, commune_from
from relais.foundation.forms import KeyedForm
from relais.foundation.typed import clean

from .thread import MAX_LENGTH


def too_long(length: int) -> str:
    return f"Ton message fait {length} signes, la limite est de {MAX_LENGTH}. Coupe-le en deux : il est toujours dans la case."


class CommuneField(forms.CharField):
    """A commune as people type it: a name or a postcode. Cleans to a Commune or None.

    `known`: the one that the page shows; left as it is, it stays the same one, even of two namesakes.
    """

    known = None

    def __init__(self, **options):
        super().__init__(max_length=100, required=False, **options)

    def widget_attrs(self, widget):
        return super().widget_attrs(widget) | {"autocomplete": "off", "data-suggest": reverse_lazy("communes")}

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        if self.known and text == str(self.known):
            return self.known
        try:
            return commune_from(text)
        except UnknownCommune as error:
            if text.isdigit() and error.suggestions:
                # One postcode, several neighbours: the biggest is near enough, and nobody is stopped for it.
                return error.suggestions[0]
            names = ", ".join(str(commune) for commune in error.suggestions[:5])
            more = f"Tu veux dire : {names} ?" if names else "Essaie le code postal, ou laisse la case vide."
            raise forms.ValidationError(f"{error} {more}") from None


class BodyForm(KeyedForm):
    body = forms.CharField(
        label="Ton message",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        strip=True,
        error_messages={"required": "Écris quelque chose, même un seul mot."},
    )

    def clean_body(self):
        body = clean(self.cleaned_data["body"])
        if not body:
            raise forms.ValidationError(self.fields["body"].error_messages["required"])
        if len(body) > MAX_LENGTH:
            raise forms.ValidationError(self.too_long(len(body)))
        return body

    def too_long(self, length: int) -> str:
        return too_long(length)


class ReplyForm(BodyForm):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["body"].label = "Votre réponse"
        self.fields["body"].error_messages["required"] = "Écrivez votre réponse."

    def too_long(self, length: int) -> str:
        return f"Votre réponse fait {length} signes, la limite est de {MAX_LENGTH}. Elle est toujours dans la case."


class PeriodForm(forms.Form):
    """From one day to another, both included, not over yet. `past`: what is said when it is."""

    first = forms.DateField(
        label="Du",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Donnez le premier jour.", "invalid": "Une date, s’il vous plaît."},
    )
    last = forms.DateField(
        label="Au",
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"required": "Donnez le dernier jour.", "invalid": "Une date, s’il vous plaît."},
    )
    past = "Ces jours sont passés."

    def clean(self):
        cleaned = super().clean()
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "Le dernier jour vient avant le premier.")
        elif last and last < timezone.localdate():
            self.add_error("last", self.past)
        return cleaned
