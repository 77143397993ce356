"""What an appointment and a session have in common: an hour on the clock of its place, and where it is."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models

from .. import instants


class Dated(models.Model):
    """The columns themselves stand in each: how each is bound to a place and to a room is its own."""

    class Meta:
        abstract = True

    @property
    def clock(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def where(self) -> str:
        """The place, or the address of a call; and the room once there is one."""
        return f"{self.place} ({self.room.name})" if self.room_id else self.place

    @property
    def when(self) -> str:
        """Its beginning, as every page, letter and SMS says it."""
        return instants.spoken(self.starts_at, self.clock)
