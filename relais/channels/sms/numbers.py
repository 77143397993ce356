"""The numbers to which an SMS may leave (see foundation/phones.py for their form).

Mobile numbers of France and of its territories only: an SMS to any other number would be a bill in somebody else's game.
"""

import re

# Saint-Pierre-et-Miquelon, New Caledonia, Wallis and Futuna, French Polynesia have plans of their own.
_MOBILE = re.compile(r"\+(33[67]\d{8}|(262|590|594|596)[67]\d{8}|(508|687|681|689)\d{6,9})")


def is_mobile(number: str) -> bool:
    """Whether an SMS of ours may go to this international number."""
    return bool(_MOBILE.fullmatch(number))
