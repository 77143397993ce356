"""What an administrator writes about an account at a provider: one form for each way, with where its values are found."""

import re
from urllib.parse import urlsplit

from django import forms
from django.conf import settings

from relais.channels.email.imap import SECURITIES
from relais.channels.models import Way
from relais.channels.sms.transport import TITLES
from relais.foundation import web
from relais.foundation.forms import ContactField

LOOPBACK = ("127.0.0.1", "::1", "localhost")
KEPT = "Gardé chiffré, et plus jamais montré."


def secret(label: str, help_text: str, required: str) -> forms.CharField:
    """Typed, sealed, and shown to nobody again."""
    return forms.CharField(
        label=label,
        max_length=2000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=f"{help_text} {KEPT}",
        error_messages={"required": required},
    )


def word(label: str, help_text: str, *, longest: int = 100, required: str = "") -> forms.CharField:
    errors = {"required": required} if required else {}
    return forms.CharField(
        label=label, max_length=longest, help_text=help_text, required=bool(required), error_messages=errors
    )


class AccountForm(forms.Form):
    """Its cleaned data are the values of the account, as the folder of its channel reads them."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        for field in self.fields.values():
            if isinstance(field.widget, forms.TextInput) and not isinstance(field.widget, forms.PasswordInput):
                field.widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def _plain(self, name: str, *, spaces: bool = False) -> str:
        """What goes into a header or a signature breaks neither."""
        value = self.cleaned_data[name].strip()
        if not value.isascii() or not all(sign.isprintable() for sign in value) or (" " in value and not spaces):
            raise forms.ValidationError("Lettres sans accent, chiffres et signes simples, comme le service le donne.")
        return value

    def _shaped(self, name: str, form: str, says: str) -> str:
        value = self.cleaned_data[name].strip()
        if not re.fullmatch(form, value, re.ASCII):
            raise forms.ValidationError(says)
        return value


class SMSForm(AccountForm):
    dialect = forms.ChoiceField(
        label="Service",
        choices=list(TITLES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez le service."},
    )
    url = forms.CharField(
        label="Adresse du service",
        max_length=300,
        help_text="OVHcloud : celle qui finit par « /sms/ » et le nom du service. allmySMS : https://api.allmysms.com/sms/send/.",
        error_messages={"required": "Écrivez l’adresse du service."},
    )
    key = secret(
        "Clé",
        "OVHcloud : application:secret:consumer. allmySMS : identifiant:clé.",
        "Écrivez la clé que donne le service.",
    )
    sender = forms.CharField(
        label="Expéditeur",
        max_length=20,
        required=False,
        help_text="Un nom ou un numéro que le service vous a accordé. À un nom, personne ne peut répondre. Vide : celui du service.",
    )

    def clean_url(self):
        url = self.cleaned_data["url"].strip()
        parts = urlsplit(url) if web.is_address(url) else None
        here = settings.LOCAL and parts and parts.hostname in LOOPBACK
        if not parts or not (parts.scheme == "https" or here) or set(url) & set("?#@"):
            raise forms.ValidationError(
                "Ce n’est pas l’adresse d’un service : elle commence par https, sans mot de passe ni « ? »."
            )
        return url

    def clean_key(self):
        return self._plain("key")

    def clean_sender(self):
        return self._plain("sender", spaces=True)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("dialect") == "ovh":
            if "key" in cleaned and cleaned["key"].count(":") != 2:
                self.add_error("key", "Celle d’OVHcloud a trois parties : application:secret:consumer.")
            if "url" in cleaned and "/sms/" not in cleaned["url"]:
                self.add_error("url", "Celle d’OVHcloud finit par « /sms/ » et le nom du service.")
        return cleaned


class DiscordForm(AccountForm):
    application_id = word(
        "Numéro de l’application",
        "Sur discord.com/developers/applications, ouvrez votre application : « General Information », « Application ID ».",
        required="Écrivez le numéro de l’application.",
    )
    public_key = word(
        "Clé publique",
        "Sur la même page, « Public Key » : elle prouve que c’est bien Discord qui apporte un message.",
        required="Écrivez la clé publique.",
    )
    token = secret(
        "Jeton du robot",
        "Page « Bot », bouton « Reset Token ». Il ne sert qu’à déclarer la commande /parler.",
        "Écrivez le jeton du robot.",
    )

    def clean_application_id(self):
        return self._shaped("application_id", r"\d{5,25}", "Ce numéro ne contient que des chiffres.")

    def clean_public_key(self):
        return self._shaped(
            "public_key", r"[0-9A-Fa-f]{64}", "Cette clé a 64 signes : des chiffres, et les lettres de a à f."
        )

    def clean_token(self):
        return self._plain("token")


class MailboxForm(AccountForm):
    address = forms.EmailField(
        label="Adresse e-mail de la boîte",
        max_length=254,
        help_text="Celle à qui l’on écrit. Nos lettres partent de l’adresse du site, et les réponses arrivent ici.",
        error_messages={"required": "Écrivez l’adresse de la boîte."},
    )
    host = word(
        "Serveur IMAP",
        "Le nom que donne l’hébergeur, par exemple ssl0.ovh.net ou imap.orange.fr.",
        longest=253,
        required="Écrivez le nom du serveur.",
    )
    security = forms.ChoiceField(
        label="Connexion",
        choices=[("imaps", "TLS (port 993, le plus courant)"), ("imap+tls", "STARTTLS (port 143)")],
        initial="imaps",
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la connexion."},
    )
    port = forms.IntegerField(
        label="Port", required=False, min_value=1, max_value=65535, help_text="Vide : celui de la connexion choisie."
    )
    user = word(
        "Identifiant",
        "Le plus souvent, l’adresse elle-même.",
        longest=254,
        required="Écrivez l’identifiant de la boîte.",
    )
    password = secret(
        "Mot de passe",
        "Si l’hébergeur demande un second facteur, il donne un « mot de passe d’application ».",
        "Écrivez le mot de passe de la boîte.",
    )
    folder = word(
        "Dossier lu", "Vide : la boîte de réception (INBOX). Il ne sert qu’à Relais : ce qui y est non lu est neuf."
    )
    checked_by = word(
        "Serveur qui vérifie les expéditeurs",
        "Le nom qui commence l’en-tête « Authentication-Results » des lettres reçues ici. Vide : aucun expéditeur ne compte comme vérifié.",
        longest=253,
    )

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        if settings.LOCAL:
            self.fields["security"].choices += [("imap", "En clair (sur cette machine seulement)")]

    def clean_host(self):
        return self._shaped("host", r"[A-Za-z0-9._:-]{1,253}", "Ce n’est pas le nom d’un serveur.")

    def clean_user(self):
        return self._plain("user", spaces=True)

    def clean_password(self):
        value = self.cleaned_data["password"]
        if not value.isascii() or not value.isprintable():
            raise forms.ValidationError("Sans accent : les boîtes ne les comprennent pas toutes de la même façon.")
        return value

    def clean_folder(self):
        return self._plain("folder", spaces=True) or "INBOX"

    def clean_checked_by(self):
        value = self.cleaned_data["checked_by"].strip()
        return (
            self._shaped("checked_by", r"[A-Za-z0-9.-]+", "Ce n’est pas le nom d’un serveur.").lower() if value else ""
        )

    def clean(self):
        cleaned = super().clean()
        security = cleaned.get("security")
        if security == "imap" and cleaned.get("host") not in LOOPBACK:
            self.add_error("security", "En clair, le mot de passe se lirait en route : choisissez TLS.")
        if security and "port" in cleaned:
            cleaned["port"] = cleaned["port"] or SECURITIES[security]
        return cleaned


class InstagramForm(AccountForm):
    account = word(
        "Numéro du compte",
        "Compte professionnel. Sur developers.facebook.com, votre application, « Instagram », « API setup with Instagram login » : le numéro à côté du nom.",
        required="Écrivez le numéro du compte.",
    )
    token = secret(
        "Jeton",
        "Au même endroit, « Generate token », avec instagram_business_basic et instagram_business_manage_comments. Il vaut 60 jours.",
        "Écrivez le jeton.",
    )

    def clean_account(self):
        return self._shaped("account", r"\d{1,100}", "Le numéro du compte, pas son nom : que des chiffres.")

    def clean_token(self):
        return self._plain("token")


class TikTokForm(AccountForm):
    account = word(
        "Identifiant du compte (open_id)",
        "Compte Business. Sur business-api.tiktok.com, il est donné avec le jeton, quand le compte accepte votre application.",
        required="Écrivez l’identifiant du compte.",
    )
    token = secret(
        "Jeton",
        "« Access token » avec le droit « Account Comment ». Il dure peu, et n’est pas renouvelé tout seul.",
        "Écrivez le jeton.",
    )

    def clean_account(self):
        return self._shaped("account", r"[\w-]{1,100}", "L’identifiant que donne TikTok, pas le nom du compte.")

    def clean_token(self):
        return self._plain("token")


class YouTubeForm(AccountForm):
    account = word(
        "Identifiant de la chaîne",
        "Il commence par UC : youtube.com/account_advanced, « Identifiant de la chaîne ».",
        required="Écrivez l’identifiant de la chaîne.",
    )
    client_id = word(
        "Identifiant du client OAuth",
        "Sur console.cloud.google.com, « Identifiants », un client OAuth dont l’écran d’accord est en production.",
        longest=300,
        required="Écrivez l’identifiant du client.",
    )
    client_secret = secret("Secret du client OAuth", "Au même endroit.", "Écrivez le secret du client.")
    refresh_token = secret(
        "Jeton de renouvellement",
        "Donné quand la chaîne accepte le client, avec le droit youtube.force-ssl.",
        "Écrivez le jeton de renouvellement.",
    )

    def clean_account(self):
        return self._shaped("account", r"[\w-]{1,100}", "L’identifiant de la chaîne, pas son nom.")

    def clean_client_id(self):
        return self._plain("client_id")

    def clean_client_secret(self):
        return self._plain("client_secret")

    def clean_refresh_token(self):
        return self._plain("refresh_token")


FORMS: dict[str, type[AccountForm]] = {
    Way.SMS: SMSForm,
    Way.DISCORD: DiscordForm,
    Way.EMAIL: MailboxForm,
    Way.INSTAGRAM: InstagramForm,
    Way.TIKTOK: TikTokForm,
    Way.YOUTUBE: YouTubeForm,
}


class TryForm(forms.Form):
    """Of SMS only: the others need nothing to be tried."""

    number = ContactField(
        label="Votre numéro de mobile", formal=True, help_text="Un seul SMS y part, sans rien de personnel."
    )

    def clean_number(self):
        contact = self.cleaned_data["number"]
        if problem := self.fields["number"].mismatch(contact, "sms"):
            raise forms.ValidationError(problem)
        return contact
