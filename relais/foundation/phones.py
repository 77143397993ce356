"""Telephone numbers as people write them, in international form."""

import re

import phonenumbers

# First digits of numbers of the overseas départements, dialled like those of the mainland but under country codes of their own
# (ARCEP, « numérotation outre-mer », and its attributions; read 2026-11-22).
_OVERSEAS = {
    **dict.fromkeys(["262", "263", "269", "639", "692", "693", "70920", "70921", "70922", "70923"], 262),
    **dict.fromkeys(["590", "690", "691", "70900", "70901", "70902", "70903", "70904"], 590),
    **dict.fromkeys(["594", "694"], 594),
    **dict.fromkeys(["596", "696", "697", "70910", "70911", "70912", "70913"], 596),
}
_BETWEEN = re.compile(r"[\s().\-\u2010-\u2015/\u00a0\u202f]")


def international(text: str) -> str:
    """« 06 12 34 56 78 », « +33 (0)6 12… », « 0033612… », « 33612… » and « 6 12… » as « +33612345678 ». Raises ValueError otherwise."""
    digits = _BETWEEN.sub("", text)
    if not re.fullmatch(r"\+?[0-9]{6,17}", digits):
        raise ValueError("Not a telephone number.")
    # Providers of SMS leave the + out.
    number = _possible(digits) or _possible(f"+{digits.lstrip('+')}")
    if number is None:
        raise ValueError("Not a telephone number.")
    if not digits.startswith(("+", "00")) and len(digits) <= 10:
        _leave_the_mainland(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _possible(digits: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, "FR")
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _leave_the_mainland(number: phonenumbers.PhoneNumber) -> None:
    national = str(number.national_number)
    number.country_code = _OVERSEAS.get(national[:3]) or _OVERSEAS.get(national[:5]) or number.country_code
