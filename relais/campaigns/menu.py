from relais.foundation.menu import entry

entry("campaigns:touches", "Contacts", order=70)
