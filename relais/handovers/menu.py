from relais.foundation.menu import entry

entry("orientations", "Orientations", order=30)
