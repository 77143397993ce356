"""Forms of the promise and of the doors."""

from datetime import datetime

from django import forms
from django.utils.dateparse import parse_datetime

from relais.channels.sms.numbers import is_mobile
from relais.foundation.jinja import clock, day
from relais.foundation.phones import international

from ..line.breach import STAY
from ..models import Callback, Conversation

PHONE = {Callback.Kind.PHONE, Callback.Kind.SMS}


class ReachForm(forms.Form):
    """How to reach somebody once. `slots`: when one may be called; `broken`: after a broken promise, staying is a choice too.

    Cleans to `kind`, `value` ('' for STAY) and `slot` (None when there is none to choose).
    """

    kind = forms.ChoiceField(
        label="Que préfères-tu ?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisis une façon de continuer.", "invalid_choice": "Choisis une façon dans la liste."},
    )
    slot = forms.ChoiceField(
        label="Quand t’appeler ?", required=False, widget=forms.RadioSelect, help_text="Seulement si tu veux qu’on t’appelle.",
        error_messages={"invalid_choice": "Ce créneau n’est plus libre. Choisis-en un autre."},
    )  # fmt: skip
    value = forms.CharField(
        label="Ton e-mail ou ton numéro", max_length=120, required=False, help_text="Il sert une seule fois, puis il est effacé.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Écris ton e-mail ou ton numéro.", "max_length": "C’est trop long pour un e-mail ou un numéro."},
    )  # fmt: skip

    def __init__(self, *args, slots: list[datetime], zone, broken: bool, **options):
        super().__init__(*args, **options)
        names = {"email": "Qu’on m’écrive par e-mail", "sms": "Qu’on m’écrive par SMS", "phone": "Qu’on m’appelle"}
        self.fields["kind"].choices = ([(STAY, "Je reste ici")] if broken else []) + list(names.items())
        self.fields["value"].required = not broken
        self.fields["slot"].choices = [
            ("", "N’importe quand pendant vos heures"),
            *((at.isoformat(), f"{day(at, zone)} à {clock(at, zone)}") for at in slots),
        ]

    def clean_slot(self):
        return parse_datetime(self.cleaned_data["slot"]) if self.cleaned_data["slot"] else None

    def clean(self):
        kind, value = self.cleaned_data.get("kind"), self.cleaned_data.get("value", "").strip()
        if kind == STAY:
            value = ""
        elif kind and not value and "value" not in self.errors:
            self.add_error("value", "Écris ton e-mail." if kind == Callback.Kind.EMAIL else "Écris ton numéro.")
        elif kind == Callback.Kind.EMAIL:
            self._check_email(value)
        elif kind in PHONE:
            value = self._number(kind, value)
        if kind != Callback.Kind.PHONE:
            self.cleaned_data["slot"] = None
        self.cleaned_data["value"] = value
        return self.cleaned_data

    def _check_email(self, value):
        try:
            forms.EmailField().clean(value)
        except forms.ValidationError:
            self.add_error("value", "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr")

    def _number(self, kind, value):
        try:
            number = international(value)
        except ValueError:
            self.add_error("value", "Ce numéro n’a pas la bonne forme. Exemple : 06 12 34 56 78")
            return value
        if kind == Callback.Kind.SMS and not is_mobile(number):
            self.add_error("value", "Les SMS ne partent que vers un mobile français. Exemple : 06 12 34 56 78")
        # A number to call is shown to people as it was typed; the one an SMS leaves for is not.
        return number if kind == Callback.Kind.SMS else value


class MergeForm(forms.Form):
    other = forms.ModelChoiceField(
        label="L’autre conversation", queryset=Conversation.objects.none(), widget=forms.RadioSelect, empty_label=None,
        error_messages={"required": "Choisissez la conversation à joindre.", "invalid_choice": "Cette conversation n’est plus dans la liste."},
    )  # fmt: skip
    reason = forms.CharField(
        label="Comment savez-vous que c’est la même personne ?", max_length=200,
        help_text="Gardé dans une note.",
        error_messages={"required": "Dites en un mot comment vous le savez.", "max_length": "Deux cents signes au plus."},
    )  # fmt: skip

    # What the page that asks for a confirmation showed; '' before.
    seen = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, others, **options):
        super().__init__(*args, **options)
        self.fields["other"].queryset = others
        self.fields["other"].label_from_instance = lambda one: f"{one.journey.pseudonym} · {one.get_door_display()} · a écrit {day(one.opened_at)}"


class SoughtForm(forms.Form):
    pseudonym = forms.CharField(
        label="Chercher un pseudo", max_length=30, min_length=2, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Écrivez un pseudo.", "min_length": "Deux lettres au moins.", "max_length": "Trente lettres au plus."},
    )  # fmt: skip
