"""What of our addresses opens a file for whoever holds it."""

from relais.foundation import redaction

from .previews import PREFIX

redaction.hide(PREFIX)
