"""The recount, every night."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from relais.foundation.jinja import number, plural
from relais.foundation.schedule import Failed, scheduled

from . import checking


@scheduled("check-figures", "Recompter tous les chiffres", usual="05:10", begins_on=lambda: not settings.LOCAL)
def recount(lines: Sequence[str], now: datetime) -> str:
    checked = checking.check(now)
    told = f"{number(checked.values + checked.cells)} valeurs comptées deux fois"
    if found := checked.differences:
        words = f"{told} : {len(found)} {plural(len(found), 'diffère', 'diffèrent')} d’un compte à l’autre."
        raise Failed(words, "\n".join(found))
    return f"{told}, aucune différence."
