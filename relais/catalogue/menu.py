from relais.foundation.menu import entry

entry("staff_structures", "Structures", order=80)
entry("freshness", "Catalogue", order=90)
entry("offer_reports", "Signalements", order=100)
