"""What an administrator writes about a site."""

import re
from urllib.parse import urlsplit

from django import forms

from relais.channels.sms.segment import replaced, sensitive, septets
from relais.foundation import colours, meanwhile, pictures, sites, typed

from . import sites as services
from .models import Organisation, Site

COLOUR = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
LONGEST_HOST, LONGEST_NAME = 55, 40
"""Signs, and signs of an SMS: one with the name, a sentence and a link to the host must be one."""
SECTIONS = (
    ("Le nom", ("name", "tagline")),
    ("Les couleurs", ("signal", "deep")),
    ("Le logo", ("logo", "remove_logo")),
    ("Les lettres", ("sender_name", "reply_address")),
    ("Les réseaux", ("instagram", "tiktok", "youtube")),
    (
        "Qui tient ce site",
        ("publisher", "address", "phone", "email", "publication_director", "hosting", "legal_notice"),
    ),
    ("Ce qui est fermé", ("closed",)),
    (
        "Les données et l’accessibilité",
        ("data_contact", "mail_provider", "sms_provider", "accessibility_contact", "code_address"),
    ),
)
NETWORKS = {
    "instagram": ("Page Instagram", ("instagram.com",), "https://www.instagram.com/nom"),
    "tiktok": ("Page TikTok", ("tiktok.com",), "https://www.tiktok.com/@nom"),
    "youtube": ("Chaîne YouTube", ("youtube.com", "youtu.be"), "https://www.youtube.com/@nom"),
}
"""Of each network: what its page is called, where it is, and how an address looks."""
HINTS = {
    "name": "Dans l’en-tête, le titre de chaque page, les lettres et les SMS. Quarante signes au plus.",
    "logo": "900 ko au plus. Elle est redessinée, à 256 points de côté au plus, sur fond blanc.",
    "tagline": "Au pied des pages, et sous le nom dans les moteurs de recherche.",
    "signal": "Celle des boutons : six chiffres ou lettres après un dièse, comme #ff5a2c. Vide : les couleurs de Relais.",
    "deep": "Celle du texte, et des mots sur les boutons : sombre. En sombre, les bandes la prennent un peu éclaircie.",
    "sender_name": "Devant l’adresse d’où partent les lettres. L’adresse elle-même reste celle de la machine. Vide : le nom du site.",
    "reply_address": "Pour les lettres aux professionnels. Les jeunes répondent toujours à la machine, qui lit leurs réponses.",
    "legal_notice": "Texte simple, sous les lignes qui précèdent ; une ligne vide sépare deux paragraphes.",
    "instagram": "Un lien au pied de chaque page. Rien de ce réseau n’est chargé ici.",
    "code_address": "La licence AGPL demande de donner le code que fait tourner ce site.",
    "accessibility_contact": "Une adresse ou un téléphone. Vide : l’e-mail de contact.",
}


class NetworkField(forms.URLField):
    """The address of a page of ours on one network: a link that bears its name leads nowhere else."""

    def __init__(self, name: str):
        label, self.hosts, self.example = NETWORKS[name]
        super().__init__(label=label, max_length=200, required=False, assume_scheme="https")
        self.error_messages["invalid"] = f"Ce n’est pas une adresse de ce réseau. Exemple : {self.example}"

    def clean(self, value):
        address = super().clean(value)
        parts = urlsplit(address)
        there = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        if address and (parts.scheme != "https" or parts.username or there not in self.hosts):
            raise forms.ValidationError(self.error_messages["invalid"])
        return address


class SiteForm(forms.ModelForm):
    instagram, tiktok, youtube = (NetworkField(name) for name in NETWORKS)
    closed = forms.MultipleChoiceField(
        label="parties fermées sur ce site",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochées : plus de menu, plus de page, plus de plan du site. L’aide et les mentions légales ne se ferment pas.",
    )
    code_address = forms.URLField(label="adresse du code source", max_length=300, required=False, assume_scheme="https")
    logo = forms.FileField(
        label="image PNG, JPEG ou WebP",
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
        error_messages={"empty": "Ce fichier est vide."},
    )
    remove_logo = forms.BooleanField(label="retirer le logo actuel", required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Site
        fields = services.CHANGED
        widgets = {"legal_notice": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = meanwhile.fingerprint(services.told(self.instance))
        if not self.instance.logo_version:
            del self.fields["remove_logo"]
        for name, field in self.fields.items():
            field.label = "" if name == "seen" else field.label[:1].upper() + field.label[1:]
            field.help_text = field.help_text if name == "closed" else HINTS.get(name, "")
            field.widget.attrs["autocomplete"] = "off"
        self.fields["closed"].choices = sorted(sites.modules.items())

    def sections(self):
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in SECTIONS]

    def clean_logo(self):
        if not (sent := self.cleaned_data["logo"]):
            return None
        try:
            return services.drawn(sent.read())
        except pictures.Refused as error:
            raise forms.ValidationError(str(error)) from None

    def values(self) -> dict[str, object]:
        """What to write: the logo only where another was sent, or none is wanted any more."""
        found = {name: self.cleaned_data[name] for name in services.CHANGED}
        leaves = self.cleaned_data.get("remove_logo") and not self.cleaned_data["logo"]
        return found | ({"logo": self.cleaned_data["logo"]} if self.cleaned_data["logo"] or leaves else {})

    def shows_again(self, site: Site) -> None:
        """Told what somebody else has kept, who presses again has decided."""
        self.data = self.data.copy()
        self.data["seen"] = meanwhile.fingerprint(services.told(site))

    def clean_name(self):
        name = self.cleaned_data["name"]
        if words := sensitive(name):
            raise forms.ValidationError(
                f"Ce nom part aussi par SMS, que d’autres lisent : sans « {', '.join(words)} »."
            )
        if septets(replaced(name)) > LONGEST_NAME:
            raise forms.ValidationError(
                "Ce nom part aussi par SMS, où « [ », « ] », « € » et quelques autres signes comptent double : raccourcissez-le."
            )
        return name

    def clean_signal(self):
        return self._colour("signal")

    def clean_deep(self):
        return self._colour("deep")

    def _colour(self, name: str) -> str:
        typed = self.cleaned_data[name].strip()
        if typed and not (found := COLOUR.fullmatch(typed)):
            raise forms.ValidationError(
                f"« {typed} » n’est pas une couleur écrite ainsi : six chiffres ou lettres de a à f après un dièse, comme #ff5a2c."
            )
        if not typed:
            return ""
        digits = found[1].lower()
        return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))

    def clean(self):
        cleaned = super().clean()
        for name, value in cleaned.items():
            if isinstance(value, str):
                cleaned[name] = typed.clean(value) if name == "legal_notice" else typed.one_line(value)
        if {"signal", "deep"} <= cleaned.keys():
            signal, deep = cleaned["signal"], cleaned["deep"]
            if bool(signal) != bool(deep):
                self.add_error("deep" if signal else "signal", "Donnez les deux couleurs, ou aucune.")
            elif signal:
                for name, sentences in colours.problems(signal, deep).items():
                    self.add_error(name, sentences)
        return cleaned


class OpenSiteForm(forms.Form):
    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label="Organisation",
        empty_label="Choisir",
        error_messages={"required": "Dites pour quelle organisation."},
    )
    host = forms.CharField(
        label="Nom d’hôte",
        max_length=253,
        help_text="Comme parcours.exemple.fr, sans https ni port. Ce nom doit déjà mener à cette machine.",
    )

    def __init__(self, *args, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations
        # Of one alone there is nothing to choose.
        if organisations.count() == 1:
            self.fields["organisation"].empty_label, self.fields["organisation"].initial = None, organisations[0].pk
        self.fields["host"].widget.attrs |= {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}

    def clean_host(self):
        typed = self.cleaned_data["host"].strip().rstrip(".").lower()
        try:
            # « métiers.exemple.fr » is asked for by browsers under its other name.
            host = typed.encode("idna").decode("ascii")
        except UnicodeError:
            host = ""
        if not HOST.fullmatch(host):
            raise forms.ValidationError("Un nom d’hôte seul, comme parcours.exemple.fr : ni https, ni port, ni chemin.")
        if words := sensitive(host):
            raise forms.ValidationError(
                f"Ce nom part dans les liens des SMS, que d’autres lisent : sans « {', '.join(words)} »."
            )
        if len(host) > LONGEST_HOST:
            raise forms.ValidationError(f"Ce nom part dans les liens des SMS : {LONGEST_HOST} signes au plus.")
        return host
