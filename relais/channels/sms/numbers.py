"""Telephone numbers, in international form, and those to which an SMS may leave.

Mobile numbers of France and of its territories only: an SMS to any other number would be a bill in somebody else's game.
"""

import re

# First digits of mobile numbers in the overseas départements, dialled like those of the mainland but under country codes of
# their own (ARCEP, « numérotation outre-mer », and its attributions; read 2026-11-22).
_OVERSEAS = {"639": "262", "692": "262", "693": "262", "690": "590", "691": "590", "694": "594", "696": "596", "697": "596"}
# Saint-Pierre-et-Miquelon, New Caledonia, Wallis and Futuna, French Polynesia have plans of their own.
_MOBILE = re.compile(r"\+(33[67]\d{8}|(262|590|594|596)[67]\d{8}|(508|687|681|689)\d{6,9})")


def international(text: str) -> str:
    """« 06 12 34 56 78 », « 0033612… », « 33612… » and « +33612… » as « +33612345678 ». Raises ValueError otherwise."""
    digits = re.sub(r"[\s().\-\u00a0\u202f]", "", text)
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    elif re.fullmatch(r"0[1-9]\d{8}", digits):
        digits = f"+{_OVERSEAS.get(digits[1:4], '33')}{digits[1:]}"
    elif re.fullmatch(r"[1-9]\d{8,14}", digits):
        digits = "+" + digits
    if not re.fullmatch(r"\+[1-9]\d{6,14}", digits):
        raise ValueError("Not a telephone number.")
    return digits


def is_mobile(number: str) -> bool:
    """Whether an SMS of ours may go to this international number."""
    return bool(_MOBILE.fullmatch(number))
