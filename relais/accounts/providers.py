"""The accounts at providers by which an organisation is reached and read: one administrator asks, another agrees.

Whoever sets one reads what comes in or leaves by it, private links included: it is a right like any other (`rights`). It is taken
away by one, at once. Each time every administrator is told by letter. What serves is in `channels.accounts`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from relais.channels import accounts
from relais.channels.models import AccountReading, ChannelAccount, Way
from relais.channels.sms.segment import one_segment
from relais.channels.sms.transport import TITLES
from relais.foundation import outbox, sites
from relais.foundation.models import Outbound
from relais.foundation.ratelimit import allowed
from relais.foundation.refusals import NotAcceptable, TooOften
from relais.foundation.two_eyes import second_person

from . import rights
from .models import Organisation, User
from .permissions import record_access
from .refusals import NobodyToAccept, NoLongerAsked
from .scope import host

KIND = "channel-account"
FOR_ALL = "Toute l’installation"
TRIES = 3
"""Messages that were tried, as the page shows them."""


@dataclass(frozen=True)
class Provided:
    """What an account of one way is, for whoever decides. `described`: its values, never a key; `holds`: what whoever holds it can do; `answered`: somebody
    is answered by it, so that the organisation needs a line; `trial`: the button that tries it, '' where nothing can be tried."""

    described: Callable[[dict], str]
    holds: str
    answered: bool = True
    trial: str = "Essayer ce compte"


def _sms(values: dict) -> str:
    if not values:
        return "réception seule"
    parts = [TITLES[values["dialect"]], values["url"]]
    if values["sender"]:
        parts.append(f"expéditeur « {values['sender']} »")
    return ", ".join(parts)


def _mailbox(values: dict) -> str:
    answered = f", réponses à {values['address']}" if values["address"] else ""
    checked = f", expéditeurs vérifiés par {values['checked_by']}" if values["checked_by"] else ""
    return f"{values['user']} sur {values['host']}:{values['port']}, dossier {values['folder']}{answered}{checked}"


def _network(way: Way, *, trial: str = "Essayer ce compte") -> Provided:
    holds = f"Qui tient un compte {way.label} lit les commentaires, et publie et masque en votre nom."
    return Provided(lambda values: f"compte {values['account']}", holds, answered=False, trial=trial)


WAYS: dict[str, Provided] = {
    Way.SMS: Provided(
        _sms, "Qui tient un compte SMS voit passer les numéros et les liens privés.", trial="M’envoyer un SMS d’essai"
    ),
    Way.DISCORD: Provided(
        lambda values: f"application {values['application_id']}, clé publique {values['public_key'][:16]}…",
        "Qui tient une application Discord peut la faire répondre ailleurs qu’ici, et lire ce qui y est écrit.",
        trial="Déclarer les commandes chez Discord",
    ),
    Way.EMAIL: Provided(_mailbox, "Qui tient une boîte e-mail lit tout ce qui y arrive, réponses comprises."),
    Way.INSTAGRAM: _network(Way.INSTAGRAM),
    # It answers nothing but about a video: its first reading says how it goes.
    Way.TIKTOK: _network(Way.TIKTOK, trial=""),
    Way.YOUTUBE: _network(Way.YOUTUBE),
}
lacks: list[Callable[[UUID], str]] = []
"""What apps above say an organisation lacks before it is written to, in a sentence; '' when nothing."""


def visible_to(user: User) -> QuerySet[ChannelAccount]:
    """Those of the organisations that `user` administers; for an administrator of the host, also those of the installation."""
    rows = ChannelAccount.objects.all()
    theirs = rows.filter(owner__in=user.administered().order_by().values("pk"))
    return theirs | rows.filter(owner=None) if user.administers_all() else theirs


def place(owner: UUID | None) -> str:
    """Whose account it is, as a page says it."""
    return str(Organisation.objects.get(pk=owner)) if owner else FOR_ALL


def page_of(owner: UUID | None, channel: str) -> str:
    if owner:
        return reverse("channel_account", args=[owner, channel])
    return reverse("channel_account_installation", args=[channel])


def title(account: ChannelAccount) -> str:
    """What may be said of it to whoever decides: never its key."""
    return WAYS[account.channel].described(account.values)


def failing(user: User, now: datetime) -> list[tuple[ChannelAccount, AccountReading]]:
    """The accounts that `user` sees of which nothing could be read for a while."""
    serving = visible_to(user).serving()
    wrong = {(one.channel, one.owner, one.account): one for one in AccountReading.objects.failing(now)}
    if not wrong:
        return []
    found = ((one, wrong.get((one.channel, one.owner, one.values.get("account", "")))) for one in serving)
    return [(account, reading) for account, reading in found if reading]


def trace_kind(channel: str) -> str:
    """Under which word the register keeps what was done to accounts of this way: the first of them had it to itself, and no row there changes."""
    return KIND if channel == Way.SMS else f"{KIND}-{channel}"


@transaction.atomic
def ask(*, actor: User, channel: str, owner: UUID | None, values: dict, now: datetime) -> ChannelAccount:
    """Ask that this account serve. An earlier request of the same place and way ends. Raises NotAcceptable, NobodyToAccept."""
    where = _locked(owner)
    _refuse_if_lacking(channel, owner)
    if not set(rights.administrators(where)) - {actor}:
        raise NobodyToAccept(where)
    asked = accounts.ask(channel=channel, owner=owner, values=values, by=actor.pk, now=now)
    _changed(asked, actor, "asked", now)
    return asked


@transaction.atomic
def confirm(*, actor: User, pk: UUID, now: datetime) -> ChannelAccount:
    """Another administrator agrees: it serves. Raises SecondPersonNeeded, NoLongerAsked, NotAcceptable; Http404 elsewhere."""
    account = _waiting(actor, pk, now)
    second_person(
        actor,
        account.asked_by,
        says="Vous avez fait cette demande : c’est à quelqu’un d’autre de l’administration de l’accepter.",
    )
    _refuse_if_lacking(account.channel, account.owner)
    asker = User.objects.filter(pk=account.asked_by).first()
    if asker not in rights.administrators(_locked(account.owner)):
        raise NoLongerAsked
    accounts.confirm(account, by=actor.pk, now=now)
    _changed(account, actor, "confirmed", now)
    return account


@transaction.atomic
def drop(*, actor: User, pk: UUID, now: datetime) -> None:
    """Refuse a request, or take one's own back. Raises NoLongerAsked; Http404 elsewhere."""
    account = _waiting(actor, pk, now)
    _changed(account, actor, "dropped", now)
    account.delete()


@transaction.atomic
def end(*, actor: User, pk: UUID, now: datetime) -> None:
    """It serves no more, and its keys are gone. Http404 elsewhere."""
    account = _serving(actor, pk)
    _changed(account, actor, "ended", now)
    accounts.end(account, now=now)


@transaction.atomic
def new_webhook_secret(*, actor: User, pk: UUID, now: datetime) -> str:
    """Another secret opens its webhook, the one before no more; said here only. Raises NotAcceptable where there is none; Http404 elsewhere."""
    account = _serving(actor, pk)
    if account.channel not in accounts.KNOCKED_AT:
        raise NotAcceptable("Ce compte n’a pas de secret d’entrée.")
    secret = accounts.give_webhook(account)
    account.save(update_fields=["webhook_secret", "webhook_digest"])
    _changed(account, actor, "webhook", now)
    return secret


@transaction.atomic
def try_out(*, actor: User, account: ChannelAccount, number: str = "", now: datetime) -> None:
    """This very account is tried, in service or not yet: by one SMS to `number`, or by asking its provider for what changes nothing (Discord: by telling it
    our commands). Raises TooOften, NotAcceptable."""
    if not account.values or not WAYS[account.channel].trial:
        raise NotAcceptable("Rien ne peut partir par ce compte : il ne s’essaie pas.")
    if not allowed("account-test", str(account.owner), now=now):
        raise TooOften("Cinq essais par heure au plus : attendez un peu.")
    payload = {"account": str(account.pk), "do": "try"}
    if account.channel == Way.SMS:
        text = one_segment(f"{sites.of(account.owner).name} : message d’essai.")
        payload |= {"to": number, "text": text}
    outbox.enqueue(
        account.channel,
        key=f"account-test:{account.pk.hex}:{now:%Y%m%d%H%M%S%f}",
        payload=payload,
        now=now,
        owner=account.owner,
    )
    record_access(actor, "try", trace_kind(account.channel), account.pk, now=now)


def tries(account: ChannelAccount) -> list[Outbound]:
    """The last ones, without what they said."""
    rows = Outbound.objects.filter(key__startswith=f"account-test:{account.pk.hex}:").defer("payload")
    return list(rows.order_by("-created_at", "-id")[:TRIES])


def _refuse_if_lacking(channel: str, owner: UUID | None) -> None:
    for said in (ask(owner) for ask in lacks if owner and WAYS[channel].answered):
        if said:
            raise NotAcceptable(said)


def _locked(owner: UUID | None) -> Organisation:
    """Whose administrators decide, held: two of them decide one after the other."""
    rows = Organisation.objects.select_for_update()
    return rows.get(pk=owner) if owner else rows.get(is_host=True)


def _waiting(actor: User, pk: UUID, now: datetime) -> ChannelAccount:
    found = get_object_or_404(visible_to(actor).filter(confirmed_at=None), pk=pk)
    _locked(found.owner)
    held = visible_to(actor).waiting(now).select_for_update().filter(pk=pk).first()
    if held is None:
        raise NoLongerAsked
    return held


def _serving(actor: User, pk: UUID) -> ChannelAccount:
    rows = visible_to(actor).serving()
    # As who agrees to another: it takes over the secret that is there, and never one that was just replaced.
    _locked(get_object_or_404(rows, pk=pk).owner)
    return get_object_or_404(rows.select_for_update(), pk=pk)


def _changed(account: ChannelAccount, actor: User, what: str, now: datetime) -> None:
    kind, words = trace_kind(account.channel), title(account)[:200]
    record_access(actor, what, kind, account.owner or "installation", reason=words, now=now)
    said = {"actor": actor, "what": what, "place": place(account.owner), "title": words}
    said |= {"way": account.get_channel_display(), "holds": WAYS[account.channel].holds}
    where = Organisation.objects.get(pk=account.owner) if account.owner else host()
    assert where is not None
    rights.tell(where, "channel_account", said, now=now)
