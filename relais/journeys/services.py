"""Starting a path, and finding it again: by the cookie of a browser, or by the code written on paper."""

from datetime import datetime

from django.db import transaction

from relais.catalogue.models import Commune
from relais.foundation import codes, keys
from relais.foundation.refusals import Gone

from .models import Device, Journey


class UnknownCode(Gone):
    """No path has this code."""

    def __init__(self):
        super().__init__("Ce code n’ouvre rien. Vérifie les signes un par un : il y en a douze.")


def start(*, pseudonym: str, commune: Commune | None, touch: str, now: datetime) -> tuple[Journey, str]:
    """A new path and the secret of its first cookie. Call it inside the transaction of what the person does."""
    journey = Journey(pseudonym=pseudonym, commune=commune, touch=touch, created_at=now, seen_at=now)
    journey.resume_digest = _keyed("digest", resume_code(journey))
    journey.save(force_insert=True)
    return journey, add_device(journey=journey, now=now)


def add_device(*, journey: Journey, now: datetime) -> str:
    """The secret of a cookie for one more browser."""
    secret = codes.secret()
    Device.objects.create(journey=journey, cookie_digest=codes.digest(secret), created_at=now)
    return secret


def resume_code(journey: Journey) -> str:
    """The code that opens this path on another device. Derived, never stored: only its keyed digest is."""
    turn = f":{journey.resume_turn}" if journey.resume_turn else ""
    number = int(_keyed("resume", f"{journey.pk}{turn}"), 16)
    code = ""
    for _ in range(codes.RESUME_LENGTH):
        number, rest = divmod(number, len(codes.ALPHABET))
        code += codes.ALPHABET[rest]
    return code


@transaction.atomic
def resume(*, code: str, now: datetime) -> tuple[Journey, str]:
    """The path of a code typed by a person, and the secret of a new cookie. Raises UnknownCode."""
    journey = by_code(code)
    return journey, add_device(journey=journey, now=now)


def by_code(code: str) -> Journey:
    """The path of a code typed by a person. Raises UnknownCode."""
    code = codes.tidy(code)
    journey = (
        Journey.objects.filter(resume_digest=_keyed("digest", code)).first()
        if codes.is_code(code, codes.RESUME_LENGTH)
        else None
    )
    if journey is None:
        raise UnknownCode
    return journey


@transaction.atomic
def change_code(*, journey: Journey, keep: str) -> None:
    """Somebody has seen the code: another one opens this path from now on, and of its browsers only the one of this cookie stays."""
    held = Journey.objects.select_for_update().get(pk=journey.pk)
    held.resume_turn += 1
    held.resume_digest = _keyed("digest", resume_code(held))
    held.save(update_fields=["resume_turn", "resume_digest"])
    held.devices.exclude(cookie_digest=codes.digest(keep)).delete()


def by_cookie(secret: str | None) -> Journey | None:
    """The path of this browser, with its commune."""
    if not secret or len(secret) > 100:
        return None
    return Journey.objects.select_related("commune").filter(devices__cookie_digest=codes.digest(secret)).first()


@transaction.atomic
def leave_device(*, secret: str) -> None:
    """Forget the path on this browser only: the code still opens it elsewhere."""
    Device.objects.filter(cookie_digest=codes.digest(secret)).delete()


def _keyed(purpose: str, text: str) -> str:
    return keys.sign(f"journey.{purpose}:{text}")
