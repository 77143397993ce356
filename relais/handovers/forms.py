"""Forms of handovers, of the choice of a slot and of news."""

from zoneinfo import ZoneInfo

from django import forms

from relais.agenda import instants
from relais.agenda.models import Appointment, ContactMode
from relais.catalogue.models import Structure
from relais.coaching.forms import ReplyForm
from relais.coaching.models import Conversation
from relais.foundation.forms import ContactField, KeyedForm

from . import outcomes
from .models import Handover, OutcomeCode

CHECKED = [
    (Conversation.Known.UNKNOWN, "Non, elle n’y était pas connue"),
    (Conversation.Known.NOT_ACCOMPANIED, "Oui, inscrite mais plus accompagnée"),
    (Conversation.Known.ACCOMPANIED, "Oui, et accompagnée"),
    (Conversation.Known.UNSURE, "Nous ne pouvons pas le savoir"),
]


class AgreementForm(forms.Form):
    name = forms.CharField(
        label="Ton prénom", max_length=40, required=False, help_text="Seulement si tu veux le donner."
    )
    contact = ContactField(
        label="Comment la structure peut te joindre",
        required=False,
        help_text="Un numéro ou un e-mail. Sans ça, elle passe par nous.",
    )


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
    wait = forms.BooleanField(
        label="Si elle est complète cette semaine, attendre la première semaine libre", required=False
    )
    mode = forms.ChoiceField(
        label="De quelle manière ?",
        choices=[
            (Handover.Mode.LETTER, "Une lettre : la structure répond, puis appelle la personne"),
            (
                Handover.Mode.JOINT,
                "Un message à trois : vous présentez la personne, tout le monde s’écrit au même endroit",
            ),
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
        error_messages={
            "required": "Écrivez ce qui sera transmis.",
            "max_length": "Mille signes au plus : allez à l’essentiel.",
        },
    )

    def __init__(self, *args, structures, **options):
        super().__init__(*args, **options)
        self.fields["structure"].queryset = structures

    def clean(self):
        structure, email = self.cleaned_data.get("structure"), self.cleaned_data.get("partner_email")
        if structure and not email:
            if not structure.email:
                self.add_error(
                    "partner_email", "Cette structure n’a pas d’adresse connue : écrivez celle de votre contact."
                )
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
        error_messages={
            "invalid": "Écrivez un nombre.",
            "min_value": "Zéro ou plus.",
            "max_value": "Cinq cents au plus.",
        },
    )


class AddressForm(forms.Form):
    """How the person wants to be told. Cleans to `by` and `address` ('' for ContactMode.DOOR)."""

    by = forms.ChoiceField(label="Par où ?", choices=ContactMode, initial=ContactMode.DOOR, widget=forms.RadioSelect)
    address = ContactField(label="Ton e-mail ou ton numéro", required=False)

    def __init__(self, *args, by_sms: bool, **options):
        """`by_sms`: whether the line has a way to send any."""
        super().__init__(*args, **options)
        self.by_sms = by_sms
        self.offer(ContactMode.choices)

    def offer(self, choices: list) -> None:
        self.fields["by"].choices = [one for one in choices if self.by_sms or one[0] != ContactMode.SMS]

    def clean(self):
        by, address = self.cleaned_data.get("by", ContactMode.DOOR), self.cleaned_data.get("address", "")
        if by == ContactMode.DOOR:
            self._errors.pop("address", None)
            address = ""
        elif "address" not in self.errors and (problem := self.fields["address"].mismatch(address, by)):
            self.add_error("address", problem)
        self.cleaned_data["by"], self.cleaned_data["address"] = by, address
        return self.cleaned_data


class ChooseForm(AddressForm):
    """One of the slots proposed together, and how to be reminded."""

    slot = forms.ChoiceField(
        label="Quel créneau ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisis un créneau.",
            "invalid_choice": "Ce créneau n’est plus libre. Choisis-en un autre.",
        },
    )
    field_order = ["slot", "by", "address"]

    def __init__(self, *args, slots: list[Appointment], zone: ZoneInfo, may_agree: bool, **options):
        super().__init__(*args, **options)
        self.fields["slot"].choices = [
            (str(one.pk), instants.spoken(one.starts_at, zone, named=False)) for one in slots
        ]
        self.fields["by"].label = "Un rappel la veille ?"
        self.offer(
            [
                (ContactMode.DOOR, "Ici, ou par là où j’écris d’habitude"),
                (ContactMode.SMS, "Par SMS"),
                (ContactMode.EMAIL, "Par e-mail"),
            ]
        )
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
        self.offer([*ContactMode.choices, (self.NEVER, "Ne me demandez rien")])
        self.fields["by"].label = "Comment te demander ?"
        self.fields["address"].help_text = "Seulement pour ces trois questions. Effacé quand tu as répondu."

    def clean(self):
        if self.cleaned_data.get("by") == self.NEVER:
            self._errors.pop("address", None)
            self.cleaned_data["address"] = ""
            return self.cleaned_data
        return super().clean()


class RefusalForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi ?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": "Dites en un mot pourquoi : cela aide à trouver une autre porte.",
            "max_length": "Trois cents signes au plus.",
        },
    )


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
        choices=OutcomeCode,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez la suite donnée.",
            "invalid_choice": "Choisissez une suite dans la liste.",
        },
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


class SessionChoiceForm(forms.Form):
    """`choices`: (number, words) of the sessions that may be proposed."""

    session = forms.ChoiceField(
        label="Laquelle ?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez une séance.",
            "invalid_choice": "Cette séance ne se propose plus : choisissez dans la liste.",
        },
    )

    def __init__(self, *args, choices, **options):
        super().__init__(*args, **options)
        self.fields["session"].choices = choices
