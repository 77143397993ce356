"""What a row of the table of permissions may say."""

from dataclasses import dataclass, field

from relais.accounts.models import Role

STAFF = tuple(Role.values)


VISITORS = ("anonymous", "unapproved", "without_second_factor", "deactivated", "stopped", *STAFF)


ORDINARY = (302, 200, 422)


# ---- What a row may say -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """Who opens one address. `opens`: role → relations (of RELATIONS) it opens, "" for an address without an object."""

    opens: dict = field(default_factory=dict)
    is_public: bool = False
    enrolment: bool = False
    roles: frozenset | None = None
    thing: object = None
    kwargs: dict = field(default_factory=dict)
    method: str = "get"
    ok: tuple = (200,)
    shared: bool = False


RELATIONS = ("own", "same", "other", "deleted")


def public(*ok, post=False, **kwargs):
    """Open to everybody; `ok` are the statuses it may answer with (200 when none is given)."""
    return Row(is_public=True, kwargs=kwargs, method="post" if post else "get", ok=ok or (200,))


def staff(*ok, enrolment=False):
    """Open to every approved person with a second factor; with `enrolment`, also to those who still have none."""
    return Row(opens=dict.fromkeys(STAFF, ""), enrolment=enrolment, ok=ok or (200,))


def only(*roles, post=False, ok=None, **kwargs):
    """Open to these roles."""
    method, ok = "post" if post else "get", ok or (ORDINARY if post else (200,))
    return Row(opens=dict.fromkeys(roles, ""), roles=frozenset(roles), kwargs=kwargs, method=method, ok=ok)


def detail(thing, post=False, ok=None, any_role=False, shared=False, **opens):
    """About one object: `thing(world, user, relation)` gives its URL arguments; `opens` is role="own same …". `shared`: of no organisation."""
    method, ok = "post" if post else "get", ok or (ORDINARY if post else (200,))
    return Row(
        opens=opens, roles=None if any_role else frozenset(opens), thing=thing, method=method, ok=ok, shared=shared
    )


def closed(**kwargs):
    """Answers 404 to everybody who may be here at all."""
    return Row(kwargs=kwargs)


# ---- The objects of detail pages ----------------------------------------------------------------------------------


@dataclass
class World:
    people: dict
    make_user: object
    now: object


DECIDE = dict.fromkeys(("supervisor", "administrator"), "own same")
