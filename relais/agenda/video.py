"""Rooms for those who meet by video, made by the pattern of their organisation. Who types a link instead needs none of this.

An appointment keeps letters drawn by chance, and no address: that is made when one of the two enters, from a quarter of an hour before until
half an hour after. So it stands in no letter, and opens nothing to whoever finds it later. In the room a young person has their pseudonym.
"""

import io
import logging
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from string import ascii_lowercase
from urllib.parse import quote, urlencode

from django.db import transaction
from django.db.models import Q, QuerySet

from relais.accounts.models import Organisation, User
from relais.accounts.permissions import record_access
from relais.foundation import claims, inner, loops, web
from relais.foundation.outage import is_away
from relais.foundation.refusals import NotAcceptable, WrongState

from . import locks
from .models import Appointment, VideoPattern

log = logging.getLogger(__name__)
BEFORE, AFTER = timedelta(minutes=15), timedelta(minutes=30)
"""From when before an appointment until when after it its room may be entered."""
LETTERS = 16
ANSWER, WITHIN = 100_000, 20
"""Bytes and seconds of what a server answers when it is asked for a room."""
TAKEN = b"<returncode>SUCCESS</returncode>"
EARLY = "La salle n’est pas encore ouverte : elle ouvre un quart d’heure avant."
Kind = VideoPattern.Kind


# --- what an organisation says


@transaction.atomic
def keep(*, organisation: Organisation, kind: str, address: str, secret: str, user: User, now: datetime) -> None:
    """The pattern from now on; `kind` '' for none. An empty `secret` leaves the one that is kept, of the same server. Raises NotAcceptable."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    known = VideoPattern.objects.filter(organisation=organisation).first()
    record_access(user, "video-pattern", organisation, now=now)
    if not kind:
        VideoPattern.objects.filter(organisation=organisation).delete()
        return
    same = known is not None and (known.kind, known.address) == (kind, address)
    if kind == Kind.BBB and not secret:
        if not same:
            raise NotAcceptable("BigBlueButton demande son secret partagé : collez-le.")
        secret = known.secret
    values = {"kind": kind, "address": address, "secret": secret if kind == Kind.BBB else ""}
    VideoPattern.objects.update_or_create(organisation=organisation, defaults=values)
    if not same:
        # What the server before said of its rooms is not true of this one: it is asked for them anew.
        _enterable(now).filter(organisation=organisation).update(video_opened_at=None)


# --- rooms


def letters_for(appointment: Appointment) -> str:
    """For an appointment that is being chosen: what its room will be named by; '' where none is made."""
    is_ours = appointment.kind == Appointment.Kind.VIDEO and not appointment.place and not appointment.with_kind
    there = is_ours and has_rooms(appointment.organisation_id)
    return "".join(secrets.choice(ascii_lowercase) for _ in range(LETTERS)) if there else ""


def has_rooms(organisation: int) -> bool:
    """Whether a room is made for those of its appointments by video that are with no structure and name no link."""
    return VideoPattern.objects.filter(organisation=organisation).exists()


def entered(appointment: Appointment, *, name: str, is_host: bool, now: datetime) -> str:
    """Where one of the two goes; `name` as the other sees them. Raises WrongState."""
    pattern = VideoPattern.objects.filter(organisation=appointment.organisation_id).first()
    if pattern is None or not appointment.video_room or appointment.state != Appointment.State.CHOSEN:
        raise WrongState("Ce rendez-vous n’a pas de salle.")
    if not is_open(appointment, now):
        early = appointment.starts_at > now
        raise WrongState(EARLY if early else "La salle est fermée : ce rendez-vous est passé.")
    if pattern.kind == Kind.BBB and appointment.video_opened_at is None:
        raise WrongState("La salle se prépare : essayez de nouveau dans une minute.")
    return address(pattern, appointment.video_room, name=name, is_host=is_host)


def is_open(appointment: Appointment, now: datetime) -> bool:
    return appointment.starts_at - BEFORE <= now < appointment.ends_at + AFTER


def address(pattern: VideoPattern, letters: str, *, name: str, is_host: bool) -> str:
    base = pattern.address.rstrip("/")
    if pattern.kind == Kind.JITSI:
        called = quote(f'"{_plain(name)}"', safe="")
        return f"{base}/relais-{letters}#userInfo.displayName={called}"
    if pattern.kind == Kind.VISIO:
        return f"{base}/{letters[:3]}-{letters[3:7]}-{letters[7:10]}"
    role = "MODERATOR" if is_host else "VIEWER"
    return signed(
        pattern, "join", {"fullName": name, "meetingID": f"relais-{letters}", "role": role, "redirect": "true"}
    )


def _plain(name: str) -> str:
    """A name that ends no string of the page that reads it."""
    return "".join(sign for sign in name if sign.isalnum() or sign in " -’'.()")


def signed(pattern: VideoPattern, call: str, values: dict[str, str]) -> str:
    """A call of the API of BigBlueButton, with its checksum: SHA-256 of the call, what it is asked, and the shared secret."""
    query = urlencode(values)
    checksum = sha256(f"{call}{query}{pattern.secret}".encode()).hexdigest()
    return f"{pattern.address.rstrip('/')}/{call}?{query}&checksum={checksum}"


# --- the loop


def prepare_due(now: datetime) -> int:
    """Ask BigBlueButton for the rooms that may be entered now; what is not taken is asked for again the next minute. Returns how many were.

    A server that does not answer is not waited for again in this turn: the rooms of the others would come too late.
    """
    opened, silent = 0, set[str]()
    for one in _due(now):
        try:
            opened += _prepare(one, now, silent)
        except Exception as error:
            if is_away(error):
                raise
            loops.spoil()
            # Its kind alone: its words may hold the address, which is signed.
            log.error("The room of appointment %s failed, others go on: %s", one.pk, type(error).__name__)
    return opened


def _due(now: datetime) -> list[Appointment]:
    bbb = VideoPattern.objects.filter(kind=Kind.BBB).values("organisation")
    near = _enterable(now).filter(organisation__in=bbb, video_opened_at=None, starts_at__lte=now + BEFORE)
    return [one for one in near.order_by("starts_at", "id")[: claims.MOST] if is_open(one, now)]


def _enterable(now: datetime) -> QuerySet[Appointment]:
    """With a room that may be entered now or later, and some that are just over."""
    with_room = Appointment.objects.filter(~Q(video_room=""), state=Appointment.State.CHOSEN)
    return with_room.filter(starts_at__gt=now - AFTER - locks.LONGEST)


def _prepare(one: Appointment, now: datetime, silent: set[str]) -> bool:
    """Whether there is a room now. `silent`: the servers that did not answer in this turn, to which this one is added."""
    pattern = VideoPattern.objects.get(organisation=one.organisation_id)
    if pattern.address in silent:
        return False
    # Long enough that nobody is sent away because the other is late; asked for twice, it is one room.
    lasts = int((one.ends_at + AFTER - now).total_seconds() // 60) + 1
    values = {
        "allowStartStopRecording": "false",
        "duration": str(lasts),
        "meetingExpireIfNoUserJoinedInMinutes": str(lasts),
        "meetingID": f"relais-{one.video_room}",
        "name": "Rendez-vous",
        "record": "false",
    }
    try:
        is_taken = _asked(signed(pattern, "create", values))
    except (web.Away, inner.Forbidden) as error:
        log.info("A room could not be asked for: %s", type(error).__name__)
        silent.add(pattern.address)
        return False
    return is_taken and _opened(one, pattern, now)


@transaction.atomic
def _opened(one: Appointment, pattern: VideoPattern, now: datetime) -> bool:
    """Write it down, unless the organisation chose another server while this one was asked."""
    Organisation.objects.select_for_update(no_key=True).get(pk=one.organisation_id)
    if not VideoPattern.objects.filter(pk=pattern.pk, kind=pattern.kind, address=pattern.address).exists():
        return False
    return bool(Appointment.objects.filter(pk=one.pk, video_opened_at=None).update(video_opened_at=now))


def _asked(address: str) -> bool:
    """Whether the server says that there is a room. Nothing that it says is kept. Raises web.Away, inner.Forbidden."""
    answer = io.BytesIO()
    web.fetch_once(address, answer, limit=ANSWER, within=WITHIN)
    return TAKEN in answer.getvalue()
