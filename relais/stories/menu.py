from relais.foundation.menu import entry

entry("studio", "Studio", order=40)
entry("moderation", "Modération", order=50)
