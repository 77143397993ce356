from relais.foundation.menu import entry

entry("team", "Équipe", order=120, group="Gérer")
