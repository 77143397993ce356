"""What every form stands on."""

import uuid
from functools import wraps

from django import forms
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from . import contacts

OLD = "Cette page est trop vieille : recharge-la."
EMAIL_EXAMPLE, NUMBER_EXAMPLE = "prenom@exemple.fr", "06 12 34 56 78"


class KeyedForm(forms.Form):
    """A form sent twice counts once: its key is made with the page."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": OLD, "required": OLD})

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["key"].initial = uuid.uuid4


class ContactField(forms.CharField):
    """An e-mail address or a telephone number, typed or pasted. Cleans to a `contacts.ContactPoint`, '' when left empty.

    Which of both may be asked of `.kind`; where somebody chose a way first, `mismatch` says what speaks against it. `formal`: says *vous*.
    """

    widget = forms.TextInput(attrs={"autocomplete": "off"})
    default_error_messages = {
        "email": f"Cet e-mail n’a pas la bonne forme. Exemple : {EMAIL_EXAMPLE}",
        "number": f"Ce numéro n’a pas la bonne forme. Exemple : {NUMBER_EXAMPLE}",
        "max_length": "C’est trop long pour un e-mail ou un numéro.",
    }
    asks = {
        False: ("Écris ton e-mail ou ton numéro.", "Écris ton e-mail.", "Écris ton numéro."),
        True: ("Écrivez l’e-mail ou le numéro.", "Écrivez l’e-mail.", "Écrivez le numéro."),
    }

    def __init__(self, *, formal: bool = False, **options):
        self.formal = formal
        options.setdefault("max_length", contacts.LONGEST_EMAIL)
        options["error_messages"] = {"required": self.asks[formal][0]} | options.get("error_messages", {})
        super().__init__(**options)

    def to_python(self, value):
        text = super().to_python(value)
        if not text:
            return contacts.ContactPoint()
        if self.max_length and len(text) > self.max_length:
            raise forms.ValidationError(self.error_messages["max_length"])
        try:
            return contacts.read(text)
        except ValueError:
            is_number = "@" not in text and sum(sign.isdigit() for sign in text) * 2 >= len(text)
            raise forms.ValidationError(self.error_messages["number" if is_number else "email"]) from None

    def prepare_value(self, value):
        return contacts.shown(value) if isinstance(value, contacts.ContactPoint) else value

    def mismatch(self, contact: contacts.ContactPoint, way: str) -> str:
        """What is wrong with this contact for somebody who chose `way` (email, sms, phone); '' when nothing is."""
        if not contact:
            return self.asks[self.formal][1 if way == "email" else 2]
        if way == "email":
            return "" if contact.kind == contacts.EMAIL else str(self.error_messages["email"])
        if contact.kind != contacts.PHONE:
            return str(self.error_messages["number"])
        if way == "sms" and not contact.takes_sms:
            return f"Les SMS ne partent que vers un mobile français. Exemple : {NUMBER_EXAMPLE}"
        if contact.is_service:
            return "C’est le numéro d’un service, personne ne peut y être appelé."
        return ""


class PublicNumberField(forms.CharField):
    """The number of a structure: short ones (3949) are numbers too. Cleans to `contacts.public_number`."""

    default_error_messages = {"invalid": "Écrivez un numéro, par exemple 05 59 00 00 00."}

    def to_python(self, value):
        text = super().to_python(value) or ""
        if text and not contacts.public_number(text):
            raise forms.ValidationError(self.error_messages["invalid"])
        return contacts.public_number(text)

    def prepare_value(self, value):
        return contacts.shown(value) if value else value


def form_of(page: str):
    """For an address that only takes a form: opened as a page (a reload, an address kept), it leads to `page`, where the form is."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if request.method in ("GET", "HEAD"):
                return redirect(page, *args, **kwargs)
            return require_POST(view)(request, *args, **kwargs)

        return guarded

    return decorate
