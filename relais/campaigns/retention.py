from relais.foundation.retention import kept

from .models import Touch

kept("les contacts de campagne", Touch, until="rien de personnel", order=90)
