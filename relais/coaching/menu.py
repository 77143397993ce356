from relais.foundation.menu import entry

entry("inbox", "Conversations", order=10)
entry("danger_list", "Dangers", order=20)
entry("orientations", "Orientations", order=30)
entry("letters", "Lettres", order=110, group="Gérer")
entry("lines", "Lignes", order=75, group="Gérer")
