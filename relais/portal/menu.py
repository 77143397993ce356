from relais.foundation.menu import entry

entry("pro_home", "Aujourd’hui", order=0, below=False)
entry("palette", "Aller à", order=5)
