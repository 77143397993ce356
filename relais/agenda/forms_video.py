"""What an organisation says of its rooms for video calls."""

from urllib.parse import urlsplit

from django import forms

from relais.foundation import web

from .models import VideoPattern

Kind = VideoPattern.Kind
LONGEST = 200


class PatternForm(forms.Form):
    """The secret is never filled in: what is kept is not shown again."""

    kind = forms.ChoiceField(
        label="Où se voit-on ?",
        required=False,
        choices=[("", "Nulle part en particulier : le lien se colle à chaque rendez-vous"), *Kind.choices],
        widget=forms.RadioSelect,
    )
    address = forms.CharField(
        label="Adresse du serveur",
        required=False,
        help_text="https://visio.exemple.fr. Pour BigBlueButton, celle de son API : https://bbb.exemple.fr/bigbluebutton/api",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
    )
    secret = forms.CharField(
        label="Secret partagé de BigBlueButton",
        required=False,
        max_length=LONGEST,
        help_text="Donné par qui tient le serveur. Il n’est plus montré ensuite ; vide, celui qui est gardé reste.",
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "Deux cents signes au plus."},
    )

    def clean(self):
        kind, address = self.cleaned_data.get("kind", ""), self.cleaned_data.get("address", "").rstrip("/")
        self.cleaned_data["address"] = address
        if kind and not _is_server(address):
            self.add_error("address", "Écrivez l’adresse du serveur : elle commence par https://, sans « ? » ni « # ».")
        if not kind and address:
            self.add_error("kind", "Choisissez quel serveur c’est, ou videz son adresse.")
        if self.cleaned_data.get("secret") and kind != Kind.BBB:
            self.add_error("secret", "Seul BigBlueButton a un secret : videz cette case.")
        return self.cleaned_data


def _is_server(address: str) -> bool:
    if len(address) > LONGEST or not web.is_address(address):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" and not (parts.query or parts.fragment or parts.username)
