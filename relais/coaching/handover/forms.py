"""Forms of handovers, appointments and news."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django import forms
from django.utils.dateparse import parse_datetime

from relais.catalogue.models import Structure
from relais.channels.sms.numbers import is_mobile
from relais.foundation.forms import KeyedForm
from relais.foundation.jinja import clock, day
from relais.foundation.phones import international

from ..forms import ReplyForm
from ..models import Appointment, By, Conversation, Exit, Handover
from . import baton, outcomes

SLOTS = 3
FAR = timedelta(days=183)
CHECKED = [
    (Conversation.Known.UNKNOWN, "Non, elle n’y était pas connue"),
    (Conversation.Known.NOT_ACCOMPANIED, "Oui, inscrite mais plus accompagnée"),
    (Conversation.Known.ACCOMPANIED, "Oui, et accompagnée"),
    (Conversation.Known.UNSURE, "Nous ne pouvons pas le savoir"),
]


class HandoverForm(KeyedForm):
    structure = forms.ModelChoiceField(
        label="Structure",
        queryset=Structure.objects.none(),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une structure.",
            "invalid_choice": "Cette structure n’est plus dans la liste : choisissez-en une autre.",
        },
    )
    wait = forms.BooleanField(label="Si elle est complète cette semaine, attendre la première semaine libre", required=False)
    mode = forms.ChoiceField(
        label="De quelle manière ?",
        choices=[
            (Handover.Mode.LETTER, "Une lettre : la structure répond, puis appelle la personne"),
            (Handover.Mode.JOINT, "Un message à trois : vous présentez la personne, tout le monde s’écrit au même endroit"),
            (Handover.Mode.CALL, "Un appel à trois : vous proposez des créneaux une fois l’accord donné"),
        ],
        initial=Handover.Mode.LETTER,
        widget=forms.RadioSelect,
    )
    partner_email = forms.EmailField(
        label="Adresse e-mail du partenaire",
        required=False,
        help_text="Laissez vide pour l’adresse connue de la structure.",
        error_messages={"invalid": "Cette adresse n’a pas la bonne forme. Exemple : accueil@exemple.fr"},
    )
    summary = forms.CharField(
        label="Ce qui sera transmis",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="La personne lira ce texte mot pour mot avant de dire oui. Ni nom, ni santé.",
        error_messages={"required": "Écrivez ce qui sera transmis.", "max_length": "Mille signes au plus : allez à l’essentiel."},
    )

    def __init__(self, *args, structures, **options):
        super().__init__(*args, **options)
        self.fields["structure"].queryset = structures

    def clean(self):
        structure, email = self.cleaned_data.get("structure"), self.cleaned_data.get("partner_email")
        if structure and not email:
            if not structure.email:
                self.add_error("partner_email", "Cette structure n’a pas d’adresse connue : écrivez celle de votre contact.")
            self.cleaned_data["partner_email"] = structure.email
        return self.cleaned_data


class TogetherForm(KeyedForm):
    """One of the structures shown, to whom nothing is sent."""

    structure = forms.ModelChoiceField(
        queryset=Structure.objects.none(),
        error_messages={
            "required": "Choisissez une structure.",
            "invalid_choice": "Cette structure n’est plus dans la liste : choisissez-en une autre.",
        },
    )

    def __init__(self, *args, structures, **options):
        super().__init__(*args, **options)
        self.fields["structure"].queryset = structures


class CapacityForm(forms.Form):
    weekly = forms.IntegerField(
        label="Accueils possibles par semaine",
        required=False,
        min_value=0,
        max_value=500,
        help_text="Vide : sans limite. Zéro : personne pour l’instant.",
        error_messages={"invalid": "Écrivez un nombre.", "min_value": "Zéro ou plus.", "max_value": "Cinq cents au plus."},
    )


class SlotsForm(KeyedForm):
    """Up to SLOTS instants, typed on the clock of `zone`. Cleans to `starts`, in UTC, besides `kind`, `minutes`, `place`."""

    kind = forms.ChoiceField(label="Comment ?", widget=forms.RadioSelect, error_messages={"required": "Choisissez une façon de se voir."})
    place = forms.CharField(label="Lieu, lien ou numéro", max_length=200, required=False, error_messages={"max_length": "Deux cents signes au plus."})
    minutes = forms.TypedChoiceField(label="Durée", coerce=int, choices=[(n, f"{n} minutes") for n in (15, 30, 45, 60)], initial=30)

    def __init__(self, *args, kinds: list[str], zone: ZoneInfo, now: datetime, **options):
        super().__init__(*args, **options)
        self.zone, self.now = zone, now
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in Appointment.Kind if kind in kinds]
        name = baton.clock_name(zone)
        for number in range(1, SLOTS + 1):
            self.fields[f"slot_{number}"] = forms.CharField(
                label=f"Créneau {number}{f' ({name})' if name else ''}",
                required=number == 1,
                error_messages={"required": "Proposez au moins un créneau."},
                widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}),
            )

    @property
    def slots(self):
        return [self[f"slot_{number}"] for number in range(1, SLOTS + 1)]

    def clean(self):
        starts = []
        for number in range(1, SLOTS + 1):
            if typed := self.cleaned_data.pop(f"slot_{number}", "").strip():
                try:
                    starts.append(self._instant(typed))
                except forms.ValidationError as error:
                    self.add_error(f"slot_{number}", error)
        if self.cleaned_data.get("kind") == Appointment.Kind.VISIT and not self.cleaned_data.get("place"):
            self.add_error("place", "Dites où se retrouver.")
        self.cleaned_data["starts"] = starts
        return self.cleaned_data

    def _instant(self, typed: str) -> datetime:
        try:
            naive = parse_datetime(typed)
        except ValueError:
            naive = None
        if naive is None or naive.tzinfo is not None:
            raise forms.ValidationError("Écrivez un jour et une heure, comme 2026-03-02T14:30.")
        at = naive.replace(second=0, microsecond=0, tzinfo=self.zone).astimezone(UTC)
        if at.astimezone(self.zone).replace(tzinfo=None) != naive.replace(second=0, microsecond=0):
            raise forms.ValidationError("Cette heure n’existe pas ce jour-là : les horloges avancent. Choisissez-en une autre.")
        if at <= self.now:
            raise forms.ValidationError("Ce créneau est déjà passé.")
        if at > self.now + FAR:
            raise forms.ValidationError("Ce créneau est dans plus de six mois : choisissez plus près.")
        return at


class AddressForm(forms.Form):
    """How the person wants to be told. Cleans to `by` and `address` ('' for By.DOOR)."""

    by = forms.ChoiceField(label="Par où ?", choices=By, initial=By.DOOR, widget=forms.RadioSelect)
    address = forms.CharField(
        label="Ton e-mail ou ton numéro", max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": "C’est trop long pour un e-mail ou un numéro."},
    )  # fmt: skip

    def clean(self):
        by, address = self.cleaned_data.get("by", By.DOOR), self.cleaned_data.get("address", "").strip()
        self.cleaned_data["by"], self.cleaned_data["address"] = by, "" if by == By.DOOR else address
        if "address" in self.errors or by == By.DOOR:
            return self.cleaned_data
        if not address:
            self.add_error("address", "Écris ton e-mail." if by == By.EMAIL else "Écris ton numéro.")
        elif by == By.EMAIL:
            self._email(address)
        else:
            self._number(address)
        return self.cleaned_data

    def _email(self, address: str) -> None:
        try:
            forms.EmailField().clean(address)
        except forms.ValidationError:
            self.add_error("address", "Cet e-mail n’a pas la bonne forme. Exemple : prenom@exemple.fr")

    def _number(self, address: str) -> None:
        try:
            number = international(address)
        except ValueError:
            number = ""
        if not number or not is_mobile(number):
            self.add_error("address", "Les SMS ne partent que vers un mobile français. Exemple : 06 12 34 56 78")
        self.cleaned_data["address"] = number


class ChooseForm(AddressForm):
    """One of the slots proposed together, and how to be reminded."""

    slot = forms.ChoiceField(
        label="Quel créneau ?", widget=forms.RadioSelect,
        error_messages={"required": "Choisis un créneau.", "invalid_choice": "Ce créneau n’est plus libre. Choisis-en un autre."},
    )  # fmt: skip
    field_order = ["slot", "by", "address"]

    def __init__(self, *args, slots: list[Appointment], zone: ZoneInfo, may_agree: bool, **options):
        super().__init__(*args, **options)
        self.fields["slot"].choices = [(str(one.pk), f"{day(one.starts_at, zone)} à {clock(one.starts_at, zone)}") for one in slots]
        self.fields["by"].label = "Un rappel la veille ?"
        self.fields["by"].choices = [(By.DOOR, "Ici, ou par là où j’écris d’habitude"), (By.SMS, "Par SMS"), (By.EMAIL, "Par e-mail")]
        self.fields["address"].help_text = "Seulement pour ce rappel, puis c’est effacé."
        if not may_agree:
            # An address left is an agreement; they are reminded where they write.
            self.fields["by"].choices = self.fields["by"].choices[:1]
            self.fields["address"].widget = forms.HiddenInput()


class NewsForm(AddressForm):
    """Where to be asked for news; « never » stops the questions."""

    NEVER = "never"

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["by"].choices = [*By.choices, (self.NEVER, "Ne me demandez rien")]
        self.fields["by"].label = "Comment te demander ?"
        self.fields["address"].help_text = "Seulement pour ces trois questions. Effacé quand tu as répondu."

    def clean(self):
        if self.cleaned_data.get("by") == self.NEVER:
            self.cleaned_data["address"] = ""
            return self.cleaned_data
        return super().clean()


class AcceptForm(forms.Form):
    known = forms.ChoiceField(
        label="Cette personne était-elle déjà connue de la mission locale ou de France Travail ?",
        choices=CHECKED,
        required=False,
        widget=forms.RadioSelect,
        help_text="Si vous avez pu vérifier. Vous pourrez le dire plus tard.",
    )


class OutcomeForm(forms.Form):
    outcome = forms.ChoiceField(
        label="Quelle suite ?",
        choices=Exit,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez la suite donnée.", "invalid_choice": "Choisissez une suite dans la liste."},
    )
    milestone = forms.TypedChoiceField(
        label="À quel moment ?",
        coerce=int,
        choices=[(0, "Quand c’est arrivé"), (3, "Trois mois après"), (6, "Six mois après"), (12, "Un an après")],
        initial=0,
    )


class PartnerWordsForm(ReplyForm):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["body"].label = "Votre message"
        self.fields["body"].error_messages["required"] = "Écrivez votre message."


class PressForm(forms.Form):
    """One press on the page of news."""

    code = forms.ChoiceField(choices=[(code, "") for code in outcomes.OFFERED])
