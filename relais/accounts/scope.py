"""Every right is held in one organisation. What may be asked of that, and nothing else:

* `user.has(role, organisation)` and `user.roles_in(organisation)` decide about one thing, which is an organisation's;
* `user.organisation_ids(*roles)` says where somebody holds a role, for lists (`Scoped`, `owned`); `user.organisations` gives the rows;
* `people(organisation, *roles)` says who works there: whoever receives a letter, is proposed in a choice, may take something;
* `answerable(organisation)` says who is told of what must reach somebody, also where nobody supervises.

What `user.roles` says, held anywhere, opens a page or shows a link to it, never what the page is about.
"""

from typing import NamedTuple
from uuid import UUID

from django.db import models

from .models import Membership, Organisation, Role, User


def people(organisation, *roles: str) -> models.QuerySet[User]:
    """Those who work in `organisation` (or its number, or several of them): active, approved, and holding one of `roles` there.

    Each once, by e-mail. Both conditions are on one membership: a supervisor of another organisation is nobody here.
    """
    places = organisation if isinstance(organisation, models.QuerySet | list) else [organisation]
    holders = Membership.objects.filter(organisation__in=places, role__in=roles)
    return User.objects.working().filter(pk__in=holders.order_by().values("user"))


class Answerable(NamedTuple):
    """`unsupervised`: the name of the organisation, where these are none of its supervisors and may open nothing of it by that;
    `nobody_at`: its name, where they are not even of it. Both '' otherwise."""

    people: list[User]
    unsupervised: str = ""
    nobody_at: str = ""


def answerable(organisation: UUID | None, *, but: UUID | None = None) -> Answerable:
    """Who must hear of what is urgent there: its supervisors; where it has none, its administrators; where it has neither, those of the host,
    who may name somebody. `but`: somebody whom it is about, who is not told of it."""
    if found := list(people(organisation, Role.SUPERVISOR).exclude(pk=but)):
        return Answerable(found)
    name = str(Organisation.objects.filter(pk=organisation).first() or "")
    if found := list(people(organisation, Role.ADMINISTRATOR).exclude(pk=but)):
        return Answerable(found, name)
    return Answerable(list(people(host_number(), Role.ADMINISTRATOR).exclude(pk=but)), name, name)


class Scoped(models.QuerySet):
    """Rows of organisations, seen by those who hold one of `readers` in theirs. `path` leads from a row to its organisation."""

    path = "organisation"
    readers: tuple[str, ...] = ()

    def visible_to(self, user: User):
        return self.of(user, *self.readers)

    def of(self, user: User, *roles: str):
        """Those of the organisations where `user` holds one of `roles`."""
        return self.filter(**{f"{self.path}__in": user.organisation_ids(*roles)})


def owned(rows: models.QuerySet, user: User, *roles: str) -> models.QuerySet:
    """Those of `rows` whose `owner` is an organisation where `user` holds one of `roles`: for tables below this floor, without a foreign key."""
    return rows.filter(owner__in=user.organisation_ids(*roles))


def host_number():
    """The default owner of what belongs to the whole installation."""
    return Organisation.objects.filter(is_host=True).values_list("pk", flat=True).first()


def host() -> Organisation | None:
    """The organisation that runs this installation; None before anybody administers it."""
    return Organisation.objects.filter(is_host=True).first()
