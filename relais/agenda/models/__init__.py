"""When people see each other: two at an appointment, several at a session, each at a place or by video."""

from .appointments import Appointment, AppointmentQuerySet, ContactMode
from .busy import BusyFeed, BusyTime
from .dated import Dated
from .places import MeetingPlace, MeetingPlaceQuerySet, Room, VideoPattern
from .sessions import LASTING, GroupSession, GroupSessionQuerySet, Registration, RegistrationQuerySet

__all__ = [
    "LASTING",
    "Appointment",
    "AppointmentQuerySet",
    "BusyFeed",
    "BusyTime",
    "ContactMode",
    "Dated",
    "GroupSession",
    "GroupSessionQuerySet",
    "MeetingPlace",
    "MeetingPlaceQuerySet",
    "Registration",
    "RegistrationQuerySet",
    "Room",
    "VideoPattern",
]
