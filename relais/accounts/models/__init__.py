"""People who work here: organisations, roles, invitations, sites, and the trace of what they read."""

from .access import SAID, AccessRecord, Why
from .people import Membership, Organisation, Role, User
from .rights import INVITATION, Invitation, ReadingStop, RightRequest, VolunteerCheck
from .sessions import OpenSession
from .sites import Site

__all__ = [
    "INVITATION",
    "SAID",
    "AccessRecord",
    "Invitation",
    "Membership",
    "OpenSession",
    "Organisation",
    "ReadingStop",
    "RightRequest",
    "Role",
    "Site",
    "User",
    "VolunteerCheck",
    "Why",
]
