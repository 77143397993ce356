"""What people type about accounts."""

from allauth.account.forms import SetPasswordField
from django import forms

from .models import SAID, Organisation, Role, User


class PersonChoice(forms.ModelChoiceField):
    """Somebody who works here, by their whole name."""

    def label_from_instance(self, person):
        return person.full_name or str(person)


class WhyForm(forms.Form):
    """Why one opens a file, where it is not plain."""

    reason = forms.ChoiceField(
        label="Pourquoi ouvrez-vous ce dossier ?",
        widget=forms.RadioSelect,
        choices=[(one.value, one.label) for one in SAID],
        error_messages={"required": "Choisissez une raison : elle est gardée avec la trace de votre lecture."},
    )


class InvitationForm(forms.Form):
    email = forms.EmailField(label="Adresse e-mail", widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    organisation = forms.ModelChoiceField(Organisation.objects.none(), label="Organisation", empty_label=None)
    role = forms.ChoiceField(label="Rôle", choices=Role.choices)

    def __init__(self, *args, organisations, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = organisations


class OrganisationForm(forms.Form):
    name = forms.CharField(label="Nom", max_length=150)
    kind = forms.ChoiceField(label="Sorte", choices=Organisation.Kind.choices)


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label="Rôles", choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )


class WelcomeForm(forms.Form):
    """The first form of an invited person. `user` is who they would be: the password must not look like them."""

    display_name = forms.CharField(
        label="Prénom affiché", max_length=40, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    full_name = forms.CharField(
        label="Nom complet", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = SetPasswordField(label="Mot de passe")

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].user = user


def _day(label: str, hint: str = "") -> forms.DateField:
    errors = {"required": "Donnez cette date.", "invalid": "Une date, s’il vous plaît."}
    return forms.DateField(
        label=label,
        help_text=hint,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages=errors,
    )


class CheckForm(forms.Form):
    """A volunteer's certificate, as verified: its number and its dates."""

    user = forms.ModelChoiceField(
        label="Qui",
        queryset=User.objects.none(),
        empty_label="Choisir",
        error_messages={"required": "Choisissez quelqu’un."},
    )
    number = forms.CharField(
        label="Numéro de l’attestation", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    issued_on = _day("Délivrée le")
    verified_on = _day("Vérifiée le", "Sur le site de l’État, avec le numéro.")
    expires_on = _day("À refaire avant le", "Trois ans après, au plus tard.")

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = people
