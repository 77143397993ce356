"""Things that alarms and danger files are about, in an app that knows nothing of conversations: here, organisations stand for them."""

import pytest
from django.http import Http404

from relais.accounts.models import Organisation, Role
from relais.accounts.scope import people as working
from relais.foundation.refusals import NotAllowed
from relais.foundation.subjects import KINDS, Kind, Subject
from relais.safeguarding.watched import Watched, Words

FACTS = "Elle écrit : « il m’a encore tapée hier »."


class Houses(Kind):
    code, model = "house", Organisation

    def describe(self, row):
        ids = {"touch": "", "journey": None, "subject": row.pk}
        return Subject(self.code, row.pk, row.pk, row.name, f"/maison/{row.pk}", ids, row)


class WatchedHouses(Watched):
    kind, page, listed = "house", "home", "home"

    def __init__(self):
        self.said, self.minor = [], True

    def locked_for(self, pk, user):
        house = self.thing.locked(pk)
        if not user.roles_in(pk):
            raise NotAllowed("Ce n’est pas chez vous.")
        return self.thing.describe(house)

    def opened(self, request, pk):
        if not request.user.roles_in(pk):
            raise Http404
        return self.thing.find(pk)

    def is_team(self, user, pk):
        return bool(user.roles_in(pk))

    def is_minor(self, subject):
        return self.minor

    def person(self, subject):
        return "Connue."

    def on_duty(self, pk):
        return list(working(pk, Role.SUPERVISOR))

    def on_call(self, pk):
        return "astreinte@exemple.invalid"

    def words(self, items):
        return {item: Words("je veux mourir", f"m{item}") for item in items}

    def seen(self, pk, *, by, note, still_open, now):
        self.said.append((by, note, still_open))


@pytest.fixture
def houses(monkeypatch):
    watched = WatchedHouses()
    monkeypatch.setitem(KINDS, watched.kind, Houses())
    monkeypatch.setitem(Watched.added, watched.kind, watched)
    return watched


@pytest.fixture
def house(houses, people):
    """One of them, where `people` work."""
    return houses.thing.find(people["mediator"].memberships.get().organisation_id)
