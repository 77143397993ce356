from relais.foundation.menu import entry

entry("insights:funnel", "Entonnoir", order=60)
