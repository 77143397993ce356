"""Forms of the promise and of the channels."""

from datetime import datetime

from django import forms
from django.utils.dateparse import parse_datetime

from relais.foundation import contacts
from relais.foundation.forms import ContactField
from relais.foundation.jinja import clock, day

from ..line.breach import STAY
from ..models import Callback, Conversation


class ReachForm(forms.Form):
    """How to reach somebody once. `slots`: when one may be called; `broken`: after a broken promise, staying is a choice too;
    `by_sms`: whether the line has a way to send any.

    Cleans to `kind`, `value` ('' for STAY) and `slot` (None when there is none to choose).
    """

    kind = forms.ChoiceField(
        label="Que préfères-tu ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisis une façon de continuer.",
            "invalid_choice": "Choisis une façon dans la liste.",
        },
    )
    slot = forms.ChoiceField(
        label="Quand t’appeler ?",
        required=False,
        widget=forms.RadioSelect,
        help_text="Seulement si tu veux qu’on t’appelle.",
        error_messages={"invalid_choice": "Ce créneau n’est plus libre. Choisis-en un autre."},
    )
    value = ContactField(
        label="Ton e-mail ou ton numéro", required=False, help_text="Il sert une seule fois, puis il est effacé."
    )

    def __init__(self, *args, slots: list[datetime], zone, broken: bool, by_sms: bool, **options):
        super().__init__(*args, **options)
        names = {"email": "Qu’on m’écrive par e-mail"} | ({"sms": "Qu’on m’écrive par SMS"} if by_sms else {})
        names |= {"phone": "Qu’on m’appelle"}
        self.fields["kind"].choices = ([(STAY, "Je reste ici")] if broken else []) + list(names.items())
        self.fields["value"].required = not broken
        self.fields["slot"].choices = [
            ("", "N’importe quand pendant vos heures"),
            *((at.isoformat(), f"{day(at, zone)} à {clock(at, zone)}") for at in slots),
        ]

    def clean_slot(self):
        return parse_datetime(self.cleaned_data["slot"]) if self.cleaned_data["slot"] else None

    def clean(self):
        kind, value = self.cleaned_data.get("kind"), self.cleaned_data.get("value", "")
        if kind == STAY:
            self._errors.pop("value", None)
            value = ""
        elif kind and "value" not in self.errors and (problem := self.fields["value"].mismatch(value, kind)):
            self.add_error("value", problem)
        if kind != Callback.Kind.PHONE:
            self.cleaned_data["slot"] = None
        self.cleaned_data["value"] = value
        return self.cleaned_data


class RefusalForm(forms.Form):
    contact = ContactField(
        label="Adresse e-mail ou numéro", formal=True, help_text="Elle n’est pas gardée : seule son empreinte l’est."
    )

    def clean_contact(self):
        contact = self.cleaned_data["contact"]
        if contact.kind == contacts.PHONE and not contact.takes_sms:
            raise forms.ValidationError("Aucun SMS ne part vers ce numéro : il n’y a rien à arrêter.")
        return contact


class MergeForm(forms.Form):
    other = forms.ModelChoiceField(
        label="L’autre conversation",
        queryset=Conversation.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Choisissez la conversation à joindre.",
            "invalid_choice": "Cette conversation n’est plus dans la liste.",
        },
    )
    reason = forms.CharField(
        label="Comment savez-vous que c’est la même personne ?",
        max_length=200,
        help_text="Gardé dans une note.",
        error_messages={
            "required": "Dites en un mot comment vous le savez.",
            "max_length": "Deux cents signes au plus.",
        },
    )

    # What the page that asks for a confirmation showed; '' before.
    seen = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)

    def __init__(self, *args, others, **options):
        super().__init__(*args, **options)
        self.fields["other"].queryset = others
        self.fields["other"].label_from_instance = lambda one: (
            f"{one.journey.pseudonym} · {one.get_channel_display()} · a écrit {day(one.opened_at)}"
        )


class SoughtForm(forms.Form):
    pseudonym = forms.CharField(
        label="Chercher un pseudo",
        max_length=30,
        min_length=2,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Écrivez un pseudo.",
            "min_length": "Deux lettres au moins.",
            "max_length": "Trente lettres au plus.",
        },
    )
