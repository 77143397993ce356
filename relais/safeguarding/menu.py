from relais.foundation.menu import entry

entry("danger_list", "Dangers", order=20)
