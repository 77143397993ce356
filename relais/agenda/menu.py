from relais.foundation.menu import entry

entry("agenda", "Agenda", order=15)
entry("sessions", "Séances", order=16)
entry("places", "Lieux", order=125, group="Gérer")
entry("video_patterns", "Visio", order=126, group="Gérer")
