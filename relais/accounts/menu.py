from relais.foundation.menu import entry

entry("team", "Équipe", order=120, group="Gérer")
entry("sites", "Site", order=130, group="Gérer")
entry("channel_accounts", "Réseaux et messageries", order=132, group="Gérer")
entry("programme", "Programme", order=135, group="Gérer")
