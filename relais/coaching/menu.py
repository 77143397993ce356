from relais.foundation.menu import entry

entry("inbox", "Conversations", order=10)
entry("letters", "Lettres", order=110, group="Gérer")
entry("lines", "Lignes", order=75, group="Gérer")
