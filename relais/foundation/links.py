"""Links: secret addresses sent to people, which open one thing for whoever holds them, without an account.

An app declares its purposes beside what they open (`declare`), and names those modules in its `links.py`, which is read at the start. The
database keeps of a link what it opens and a digest drawn from the secret of the house (see `keys`): a copy of it opens nothing, and the ring
of keys turns without anybody noticing. The page of a link is a view under `link_pages.opens`, which says the same of every link that opens
nothing. Opening (GET, HEAD) never acts, nor says that a person read: mail programs open links too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import DateTimeField, OuterRef, QuerySet, Subquery, UUIDField
from django.db.models.functions import Cast

from . import codes, keys, redaction, sites
from .models import Link
from .ratelimit import allowed
from .refusals import LinkOver

OVER = "Ce lien n’est plus valable."
LENGTH = 12
"""Signs of a secret that an SMS must carry: 54 bits, and wrong ones are counted."""


@dataclass(frozen=True)
class Purpose:
    """What a kind of links is for.

    `path`: where they lead, « {} » standing for the secret. `holder`: who is told them, and how. `lifetime`: None as long as what they open is
    there. `short`: the secret goes into an SMS. `drawn`: what the secret is derived from, where the same link must be given again; at random
    otherwise. `again(link, now)`: send another to whom this one was sent, by the same way, if that still makes sense; never shown on a page.
    Of the page of a link that is over: `young` says *tu*, `layout` is the page of the others, `hint` and `ways` [(words, address)] follow.
    """

    name: str
    path: str
    holder: str
    lifetime: timedelta | None
    single_use: bool = False
    short: bool = False
    drawn: Callable[[Link], str] | None = None
    again: Callable[[Link, datetime], None] | None = None
    young: bool = False
    layout: str = "base.html"
    hint: str = ""
    ways: tuple[tuple[str, str], ...] = ()


PURPOSES: dict[str, Purpose] = {}


def declare(purpose: Purpose, *also: str) -> str:
    """Make a purpose known; gives its name. `also`: other addresses that the same secrets open, written as `path`."""
    PURPOSES[purpose.name] = purpose
    redaction.hide(*(path.partition("{}")[0] for path in (purpose.path, *also)))
    return purpose.name


# --- those who send


def make(
    purpose: str, subject, *, now: datetime, until: datetime | None = None, about: UUID | None = None, sent_by: str = ""
) -> str:
    """A new link; gives its secret. Call it in the transaction of what carries it away.

    `until`: its end, where it is not the lifetime of its purpose. `about`: the conversation it belongs to, erased together. `sent_by`: whatever
    `again` needs to find the same recipient.
    """
    kind = PURPOSES[purpose]
    link = Link(
        purpose=purpose, subject=str(subject), about=about, made_at=now, single_use=kind.single_use, sent_by=sent_by
    )
    link.expires_at = until or (now + kind.lifetime if kind.lifetime else None)
    secret = secret_of(link) if kind.drawn else codes.readable(LENGTH) if kind.short else codes.secret()
    kept = {
        name: getattr(link, name)
        for name in ("purpose", "subject", "about", "made_at", "expires_at", "single_use", "sent_by")
    }
    # What is drawn may be given again: it then lives on as the new one.
    Link.objects.update_or_create(digest=digest(secret), defaults=kept | {"used_at": None, "revoked_at": None})
    return secret


def secret_of(link: Link) -> str:
    """The secret of a link that is drawn from what it opens."""
    draw = PURPOSES[link.purpose].drawn
    if draw is None:
        raise TypeError(f"Links of {link.purpose} are random.")
    return keys.sign(f"{link.purpose}:{draw(link)}")


def drawn(purpose: str, subject) -> str:
    """The secret of `subject`'s link, where nothing else goes into it."""
    return secret_of(Link(purpose=purpose, subject=str(subject)))


def address(purpose: str, secret: str, *, organisation) -> str:
    """The whole address, on the site of that organisation."""
    return sites.absolute(PURPOSES[purpose].path.format(secret), organisation=organisation)


def digest(secret: str) -> str:
    """What the database keeps of a secret."""
    return digest_of(codes.digest(secret))


def digest_of(plain: str) -> str:
    """The same, of its plain digest."""
    return keys.sign(f"link:{plain}")


# --- those who hold one


def opened(secret: str, *purposes: str, now: datetime) -> Link:
    """The link that this secret opens, if it is one of `purposes`. Raises LinkOver, without saying why."""
    link = _found(secret, purposes)
    if link is None or not link.is_open(now):
        raise LinkOver(OVER)
    return link


def _found(secret: str, purposes: tuple[str, ...]) -> Link | None:
    secret = secret[:100]
    digests = [digest(secret)]
    if any(PURPOSES[name].short for name in purposes):
        digests.append(digest(codes.tidy(secret)))
    return Link.objects.filter(digest__in=digests, purpose__in=purposes).order_by("pk").first()


def use(link: Link, *, now: datetime) -> None:
    """It has served. Of two that do it at once the second is refused: raises LinkOver."""
    if not Link.objects.live(now).filter(pk=link.pk).update(used_at=now):
        raise LinkOver(OVER)


def ask_again(secret: str, *purposes: str, now: datetime) -> None:
    """Send another link instead of one that came to its end, where its purpose does. Whoever asks is told the same in any case."""
    link = _found(secret, purposes)
    if link is None or link.is_open(now) or link.used_at or link.revoked_at:
        return
    if not (again := PURPOSES[link.purpose].again):
        return
    if allowed("link-again", f"{link.purpose} {link.subject}", now=now):
        with transaction.atomic():
            again(link, now)


# --- those whose it is


def is_live(purpose: str, subject, *, now: datetime) -> bool:
    return Link.objects.live(now).of(purpose, subject).exists()


def newest(purpose: str, subject, *, now: datetime) -> Link | None:
    """The last of those that open it now."""
    return Link.objects.live(now).of(purpose, subject).order_by("-made_at", "-pk").first()


def live_subjects(purpose: str, now: datetime) -> QuerySet:
    """The numbers of what has a link that opens it now, for a filter `pk__in`."""
    return (
        Link.objects.live(now)
        .filter(purpose=purpose)
        .order_by()
        .annotate(number=Cast("subject", UUIDField()))
        .values("number")
    )


def end_of(purpose: str) -> Subquery:
    """For an annotation: when the newest link of a row ends."""
    found = Link.objects.filter(
        purpose=purpose, subject=Cast(OuterRef("pk"), Link._meta.get_field("subject"))
    ).order_by("-made_at", "-pk")
    return Subquery(found.values("expires_at")[:1], output_field=DateTimeField())


def revoke(purpose: str, *subjects, now: datetime) -> None:
    """They open nothing from now on, and no other is sent instead of them."""
    Link.objects.of(purpose, *subjects).filter(revoked_at=None).update(revoked_at=now)


def forget(purpose: str, *subjects) -> None:
    """Erase them with what they opened."""
    Link.objects.of(purpose, *subjects).delete()


def forget_about(about: UUID) -> None:
    """Erase all that belong to a conversation."""
    Link.objects.filter(about=about).delete()


def move(*, old: UUID, new: UUID) -> None:
    """What opened, or belonged to, one conversation opens, or belongs to, another."""
    Link.objects.filter(subject=str(old)).update(subject=str(new))
    Link.objects.filter(about=old).update(about=new)


# --- for migrations


def carry(model, rows) -> None:
    """Keep links that were made before there was this mechanism. `model`: Link as it was then; `rows`: its values, with `plain` instead of
    `digest`: the plain digest of their secret, '' where there is no link."""
    made = []
    for row in rows:
        if plain := row.pop("plain"):
            made.append(model(digest=digest_of(plain), **row))
    model.objects.bulk_create(made, batch_size=1000, ignore_conflicts=True)
