"""Signs that a human should see in a text: danger (`danger`) and personal data (`personal`, `masked`).

Pure functions: no database, no network, no model. They tell, and decide nothing.
"""

from relais.foundation.signs.dangers import URGENT, WORRYING, Sign, danger, kinds
from relais.foundation.signs.personal_data import masked, personal

__all__ = ["URGENT", "WORRYING", "Sign", "danger", "kinds", "masked", "personal"]
