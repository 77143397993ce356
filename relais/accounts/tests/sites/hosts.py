"""The two host names, a page there, and the form of a site as its page shows it."""

from relais.accounts import sites as services
from relais.accounts.models import Site
from relais.foundation import meanwhile

HERE, THERE = "national.exemple.invalid", "parcours.exemple.invalid"


def at(client, host, address="/mentions-legales"):
    return client.get(address, headers={"host": host})


def fields(site, **changed):
    """The form as a page shows it now, and what is typed in it."""
    site = Site.objects.get(pk=site.pk)
    return (
        {name: getattr(site, name) for name in services.CHANGED}
        | {"seen": meanwhile.fingerprint(services.told(site))}
        | changed
    )
