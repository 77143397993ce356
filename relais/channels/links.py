"""The webhooks of providers that are opened by what their address ends with, and the links of letters."""

from relais.foundation import redaction

from . import opt_outs

DECLARED_BY = (opt_outs,)

redaction.hide("/entree/sms/")
