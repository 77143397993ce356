from relais.foundation.menu import entry

entry("staff_structures", "Structures", order=80, group="Gérer")
entry("freshness", "Catalogue", order=90, group="Gérer")
entry("offer_reports", "Signalements", order=100, group="Gérer")
