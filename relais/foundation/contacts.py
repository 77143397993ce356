"""How somebody is reached: an e-mail address or a number, in one canonical form, however it was written.

A `ContactPoint` is that form: « lea@exemple.fr », « +33612345678 » (E.164), or the number of a Discord account. A sealed column of a
row holds one (`ContactPointField`): it lives, is exported and is erased with its row. What is shown goes through `shown`.
"""

import re
import unicodedata

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.encoding import punycode

from . import keys
from .sealed import SealedTextField

EMAIL, PHONE, DISCORD = "email", "phone", "discord"
LONGEST_EMAIL = 254
# First digits of numbers of the overseas départements, dialled like those of the mainland but under country codes of their own
# (ARCEP, « numérotation outre-mer », and its attributions; read 2026-11-22).
_OVERSEAS = {
    **dict.fromkeys(["262", "263", "269", "639", "692", "693", "70920", "70921", "70922", "70923"], 262),
    **dict.fromkeys(["590", "690", "691", "70900", "70901", "70902", "70903", "70904"], 590),
    # Of the mainland, inside of what is Mayotte's: numbers of films and demonstrations, nobody's.
    "63998": 33,
    **dict.fromkeys(["594", "694"], 594),
    **dict.fromkeys(["596", "696", "697", "70910", "70911", "70912", "70913"], 596),
}
_BETWEEN = re.compile(r"[\s().\-/\u2010-\u2015]")
# An SMS to any other number would be a bill in somebody else's game. Saint-Pierre-et-Miquelon, New Caledonia, Wallis and Futuna,
# French Polynesia have plans of their own.
_MOBILE = re.compile(r"\+(33[67]\d{8}|(262|590|594|596)[67]\d{8}|(508|687|681|689)\d{6,9})")
_FRENCH = re.compile(r"\+(33|262|590|594|596)(\d{9})")
# 0800 to 0899 are services, whatever they cost (ARCEP, plan de numérotation).
_SPECIAL = re.compile(r"\+338\d{8}")
# 119, 3018, 39 49, 118 218: services of the country, never a person.
_SHORT = re.compile(r"1\d{1,2}|3\d{3}|10\d{2}|116\d{3}|118\d{3}")
_ACCOUNT = re.compile(r"\d{15,20}")
_NAMED = re.compile(r"[^<>]*<\s*([^<>\s]+)\s*>")
NOBREAK = "\u00a0"


class ContactPoint(str):
    """The canonical form of one way to reach somebody; '' is none. See `read`, `email`, `number`."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        """EMAIL, PHONE, DISCORD; '' for what is none of these (kept as it was written)."""
        if "@" in self:
            return EMAIL
        return PHONE if self.startswith("+") else DISCORD if _ACCOUNT.fullmatch(self) else ""

    @property
    def takes_sms(self) -> bool:
        """Whether an SMS of ours may go there: a mobile of France or of its territories."""
        return bool(_MOBILE.fullmatch(self))

    @property
    def is_service(self) -> bool:
        """A number of a service (08…), where nobody is called back."""
        return bool(_SPECIAL.fullmatch(self))


# --- reading


def number(text: str) -> ContactPoint:
    """« 06 12 34 56 78 », « +33 (0)6 12… », « 0033612… », « 33612… » and « 6 12… » as « +33612345678 ».

    Raises ValueError otherwise, also for short numbers (119): those are of services.
    """
    digits = _BETWEEN.sub("", _bare(text, "tel:", "sms:"))
    if not re.fullmatch(r"\+?[0-9]{6,17}", digits):
        raise ValueError("Not a telephone number.")
    # Providers of SMS leave the + out.
    found = _possible(digits) or _possible(f"+{digits.lstrip('+')}")
    # No number of ours keeps a zero once it is written in full.
    if found is None or (found.country_code == 33 and found.italian_leading_zero):
        raise ValueError("Not a telephone number.")
    if found.country_code == 33:
        # Also of who writes « +33 692 … »: these first digits are given overseas, and to nobody on the mainland.
        _leave_the_mainland(found)
    written = _written(found)
    # Read again it would be another: that is not the one form of anything.
    if _written(phonenumbers.parse(written)) != written:
        raise ValueError("Not a telephone number.")
    return ContactPoint(written)


def _written(found: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))


def email(text: str) -> ContactPoint:
    """« Léa <Lea@Exemple.FR> » and « mailto:lea@exemple.fr » as « lea@exemple.fr », a domain with accents as DNS knows it.

    Raises ValueError.
    """
    written = _bare(text, "mailto:").partition("?")[0]
    if named := _NAMED.fullmatch(written):
        written = named[1]
    local, at, domain = re.sub(r"\s*([@.])\s*", r"\1", written).rpartition("@")
    try:
        address = f"{local}{at}{punycode(domain.rstrip('.'))}".lower()
        validate_email(address)
    except (ValidationError, UnicodeError):
        raise ValueError("Not an e-mail address.") from None
    if len(address) > LONGEST_EMAIL:
        raise ValueError("Not an e-mail address.")
    return ContactPoint(address)


def read(text: str) -> ContactPoint:
    """An e-mail address or a number, whichever it is. Raises ValueError."""
    return email(text) if "@" in text else number(text)


def kept(text: str) -> ContactPoint:
    """The same of what came in by a door, or lies in a column: what nobody can read stays as it was written."""
    text = str(text).strip()
    if _ACCOUNT.fullmatch(text):
        return ContactPoint(text)
    try:
        return read(text)
    except ValueError:
        return ContactPoint(text)


def public_number(text: str) -> str:
    """The number of a structure, in the form of `number`, or a short one (3949, 115) as it is dialled; '' for none of these."""
    digits = _BETWEEN.sub("", _bare(text, "tel:"))
    if _SHORT.fullmatch(digits):
        return digits
    try:
        return str(number(text))
    except ValueError:
        return ""


def digest(channel: str, address: str) -> str:
    """The keyed digest that recognises a sender, or who wants nothing more, without holding the address. However it is written."""
    point = kept(address) if channel in ("email", "sms") else ContactPoint(address.strip())
    return keys.sign(f"inbound|{channel}|{point.lower()}")


def _bare(text: str, *schemes: str) -> str:
    """Without the signs that nobody sees (agendas copy them) and without « tel: »."""
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cf").strip()
    return next((text[len(one) :] for one in schemes if text.lower().startswith(one)), text)


def _possible(digits: str) -> phonenumbers.PhoneNumber | None:
    try:
        found = phonenumbers.parse(digits, "FR")
    except phonenumbers.NumberParseException:
        return None
    return found if phonenumbers.is_possible_number(found) else None


def _leave_the_mainland(found: phonenumbers.PhoneNumber) -> None:
    national = str(found.national_number)
    if national.startswith("508"):
        # Saint-Pierre-et-Miquelon: six digits at home, after 0508 from elsewhere in France.
        found.country_code, found.national_number = 508, int(national[3:])
        return
    found.country_code = _OVERSEAS.get(national[:5]) or _OVERSEAS.get(national[:3]) or found.country_code


# --- showing


def shown(contact: str) -> str:
    """As people read it: « 06 12 34 56 78 », « 0262 90 75 00 » for what is dialled so in France, « +687 75.12.34 » elsewhere, « 39 49 » for
    a short one.

    Spaces do not break. A number written by hand is shown in the same way; whatever else is given back as it is.
    """
    if not re.fullmatch(r"\+?\d+", contact):
        number = public_number(contact) if contact else ""
        return shown(number) if number else contact
    if french := _FRENCH.fullmatch(contact):
        return (
            _spaced(f"0{french[2]}", 2)
            if french[1] == "33"
            else f"0{french[2][:3]}{NOBREAK}{_spaced(french[2][3:], 2)}"
        )
    if contact.startswith("+"):
        try:
            found = phonenumbers.parse(contact)
        except phonenumbers.NumberParseException:
            return contact
        return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace(" ", NOBREAK)
    if _SHORT.fullmatch(contact):
        return _spaced(contact, {4: 2, 6: 3}.get(len(contact), 6))
    return contact


def dialled(contact: str) -> str:
    """The address of a link that calls, or writes to, this one; '' where there is none."""
    if "@" in contact:
        return f"mailto:{contact}"
    number = public_number(contact)
    return f"tel:{number}" if number else ""


def _spaced(digits: str, size: int) -> str:
    return NOBREAK.join(digits[start : start + size] for start in range(0, len(digits), size))


# --- keeping


class ContactPointField(SealedTextField):
    """A column that holds one ContactPoint, sealed; none reads as ''. Whatever is put there takes its canonical form."""

    def to_python(self, value):
        return value if value is None else kept(value)

    def from_db_value(self, value, expression, connection):
        text = super().from_db_value(value, expression, connection)
        return text if text is None else ContactPoint(text)

    def get_prep_value(self, value):
        return super().get_prep_value(value if value is None else str(kept(value)))

    def pre_save(self, instance, add):
        value = self.to_python(getattr(instance, self.attname))
        setattr(instance, self.attname, value)
        return value
