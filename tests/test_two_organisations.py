"""Two organisations on one installation: whatever happens in one changes no page, list, figure or file of those who work in the other.

Asked of every address of the permission table, so that a new page is held too. Objects of others, one by one: `test_permissions.py`.
"""

import difflib
import re
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.db import transaction
from django.urls import reverse

from relais.accounts.models import Role
from relais.channels.models import Inbound

from .permissions.addresses import ADDRESSES
from .permissions.table import ROWS

# Hundreds of pages, twice: half a minute of processor, many minutes on a busy machine.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
# Pages of one's own account are of one person, and things of no organisation are of nobody's in particular.
NAMES = [name for name in ROWS if not name.startswith(("account_", "mfa_", "devices"))]
PAGES = [name for name in NAMES if ROWS[name].thing is None and ROWS[name].method == "get" and not ROWS[name].is_public]
THINGS = [name for name in NAMES if ROWS[name].thing is not None and not ROWS[name].shared]
OF_ALL = {
    "staff_structures": "the catalogue is shared: places that everybody may see",
    "lines": "who else answers here, and whom: a conversation may be passed on to them",
}
"""Pages that show what is of no organisation, each with why."""
SEARCHES = {"palette": {"mots": "l"}, "find": {"words": "bonjour", "reason": "request"}}
QUERIES = ("", "?fichier=csv", "?q=e")
OWN = re.compile(
    rb'name="(?:csrfmiddlewaretoken|key|seen)" (?:type="hidden" )?value="[^"]*"|value="[^"]*" name="key"|id_\w+'
)


def team(make_user, first) -> dict:
    """One of each role in the organisation of `first`."""
    place = first.memberships.get().organisation
    return {role: make_user(role, organisation=place) for role in Role.values}


def busy(world, people) -> int:
    """One of each thing, of this team; how many were made."""
    made = 0
    for name in THINGS:
        for role in ROWS[name].opens:
            with transaction.atomic():
                ROWS[name].thing(replace(world, people=people), people[role], "own")
            made += 1
            break
    return made


def shown(client_for, people) -> dict:
    """Every page and file that they may open, without what is drawn anew each time."""
    found = {}
    for role, user in people.items():
        client = client_for(user)
        for name in PAGES:
            if role in ROWS[name].opens and name not in OF_ALL:
                for query in QUERIES:
                    answer = client.get(reverse(name, kwargs=ROWS[name].kwargs) + query)
                    found[role, name, query] = (answer.status_code, said(answer))
    return found


def sought(client_for, people) -> dict:
    """What the searches that are asked by POST find."""
    found = {}
    for role, user in people.items():
        for name, words in SEARCHES.items():
            if role in ROWS[name].opens:
                answer = client_for(user).post(reverse(name), words)
                assert answer.status_code == 200
                found[role, name] = (200, re.sub(rb"en \d+,\d&nbsp;s", b"", said(answer)))
    return found


def said(answer) -> bytes:
    """Without what is drawn anew each time; of a file of several, what is in them and not when it was made."""
    body = b"".join(answer) if answer.streaming else answer.content
    if body.startswith(b"PK"):
        with ZipFile(BytesIO(body)) as parts:
            return b"".join(parts.read(name) for name in sorted(parts.namelist()) if name.startswith("xl/"))
    return OWN.sub(b"", body)


def difference(before: bytes, after: bytes) -> str:
    lines = difflib.unified_diff(
        before.decode(errors="replace").split("\n"), after.decode(errors="replace").split("\n"), lineterm="", n=0
    )
    return "\n".join([line.strip()[:200] for line in lines][2:12])


@pytest.mark.parametrize("guest", [True, False], ids=["of a guest", "of who runs the installation"])
def test_nothing_of_another_organisation_is_seen(world, make_user, client_for, now, time_machine, guest):
    time_machine.move_to(now, tick=False)
    mine = team(make_user, make_user("mediator") if guest else world.people["mediator"])
    assert busy(world, mine) > 20
    if not guest:
        # Whoever administers the organisation that runs the installation looks after every other one.
        mine = {role: mine[role] for role in ("mediator", "supervisor")}
    # A third one is there already: what depends on whether one is alone is not what is looked for.
    busy(world, team(make_user, make_user("mediator")))
    # What is set aside awaits until it is looked at, and these pages are about to look.
    Inbound.objects.update(seen_at=now)
    before = shown(client_for, mine) | sought(client_for, mine)
    assert busy(world, team(make_user, make_user("mediator"))) > 20
    after = shown(client_for, mine) | sought(client_for, mine)
    leaks = [f"{key}: {difference(before[key][1], after[key][1])}" for key in before if before[key] != after[key]]
    assert not leaks, "\n".join(leaks)
    assert set(ADDRESSES) == set(ROWS)
