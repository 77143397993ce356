"""Two sites on one installation, and an administrator of the second one only."""

import pytest

from relais.accounts.models import Organisation, Site
from relais.foundation import sites

from .hosts import HERE, THERE


@pytest.fixture
def loiret(db):
    return Organisation.objects.create(name="Département du Loiret", kind="operator")


@pytest.fixture
def two(people, loiret):
    """The site of the team that runs the installation, by default, and that of a département."""
    team = people["administrator"].memberships.get().organisation
    found = {
        HERE: Site.objects.create(organisation=team, host=HERE, is_default=True, name="Relais national"),
        THERE: Site.objects.create(
            organisation=loiret,
            host=THERE,
            name="Parcours 45",
            sender_name="L’équipe du 45",
            reply_address="ecrire@loiret.exemple.invalid",
        ),
    }
    sites.refresh()
    return found


@pytest.fixture
def elsewhere(make_user, loiret):
    """An administrator of the département, which does not run the installation."""
    return make_user("administrator", organisation=loiret)
