"""The pages that bring a table of structures."""

from . import services
from .forms import MatchForm
from .lists import LISTS
from .models import STRUCTURES
from .pages import TablePages
from .rehearsing import is_current


class StructurePages(TablePages):
    what, one = STRUCTURES, "structure"
    folder = "catalogue/tables"
    tabs = {
        "added": ("ajoutees", "Ajoutées"),
        "changed": ("changees", "Changées"),
        "unchanged": ("inchangees", "Inchangées"),
        "removed": ("retirees", "Retirées"),
        "aside": ("mises-de-cote", "Mises de côté"),
    }
    columns_form = MatchForm
    work = services
    act = "Confirmer l’import"
    forgotten = "Rien n’a été importé."

    def is_done(self, table):
        return table.run_id is not None

    def is_current(self, table, now):
        return is_current(table)

    def listing(self, shown, rows):
        return LISTS[shown]

    def begun(self, table):
        return table.matching or services.remembered(table)

    def counts(self, told):
        return told["counts"]

    def shown_tabs(self, counts):
        return [what for what in self.tabs if counts[what] or what != "removed"]

    def is_useful(self, counts):
        return counts["added"] + counts["changed"] + counts["unchanged"] > 0


pages = StructurePages()
