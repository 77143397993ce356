from relais.foundation.menu import entry

entry("inbox", "Conversations", order=10, starts=("mediator", "supervisor", "volunteer"))
entry("danger_list", "Dangers", order=20)
entry("orientations", "Orientations", order=30, starts=("partner",))
entry("letters", "Lettres", order=110)
