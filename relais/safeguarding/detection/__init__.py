"""Signs that a human should see in a text: danger (`danger`) and personal data (`personal`, `masked`).

Pure functions: no database, no network, no model. They tell, and decide nothing.
"""

from relais.safeguarding.detection.dangers import URGENT, WORRYING, Finding, danger, kinds
from relais.safeguarding.detection.personal_data import masked, personal

__all__ = ["URGENT", "WORRYING", "Finding", "danger", "kinds", "masked", "personal"]
