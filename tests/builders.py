"""What tests and measurements stand on, in one place: accounts, browsers, and the smallest of each thing that many of them need."""

import datetime
import hmac
from base64 import b32decode
from time import time
from uuid import uuid4

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from relais.accounts import devices
from relais.accounts.models import Membership, OpenSession, Organisation, User
from relais.accounts.second_factor import as_after_both_factors, authenticator
from relais.catalogue.models import Occupation, Structure
from relais.channels import accounts
from relais.channels.models import ChannelAccount
from relais.coaching.models import Line, OpeningWindow

WEBHOOK = "un-secret-de-porte-bien-assez-long"
NOW, HOUR = datetime.timedelta(), datetime.timedelta(hours=1)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def user(
    role="", *, organisation=None, approved=True, second_factor=True, password=None, secret="", now=None, **fields
) -> User:
    """Somebody who works here, with an e-mail address of their own. Without an organisation, one is made for them."""
    number = User.objects.count() + 1
    fields.setdefault("email", f"personne-{number}@exemple.invalid")
    fields.setdefault("display_name", f"Personne {number}")
    one = User.objects.create_user(
        password=password, approved_at=(now or timezone.now()) if approved else None, **fields
    )
    EmailAddress.objects.create(user=one, email=one.email, verified=True, primary=True)
    if role:
        organisation = organisation or Organisation.objects.create(
            name=f"Organisation {number}", kind=Organisation.Kind.OPERATOR
        )
        Membership.objects.create(user=one, organisation=organisation, role=role)
    if second_factor:
        authenticator(one, secret).save()
    return one


def line(organisation, **fields) -> Line:
    """An answer line that is open day and night, holidays too."""
    values = {"slug": f"ligne-{uuid4().hex[:8]}", "name": "Ligne", "open_on_holidays": True}
    made = Line.objects.create(organisation=organisation, **values | fields)
    OpeningWindow.objects.bulk_create(
        OpeningWindow(line=made, weekday=day, opens=datetime.time(0), closes=datetime.time(0)) for day in range(7)
    )
    return made


def occupation(slug="educateur", **fields) -> Occupation:
    """A sheet; asked for twice, it is there once."""
    values = {
        "name": "Éducateur / Éducatrice",
        "short_name": "éducateur ou éducatrice",
        "feminine": "éducatrice",
        "masculine": "éducateur",
        "tagline": "Être là",
        "rome": ["K1207"],
        "checked": timezone.localdate(),
        "key": slug,
        "digest": "",
    }
    return Occupation.objects.get_or_create(slug=slug, defaults=values | fields)[0]


def structure(**fields) -> Structure:
    """A place that takes people in, somewhere in the Loiret."""
    values = {
        "source": "test",
        "source_id": uuid4().hex,
        "kind": Structure.Kind.MISSION_LOCALE,
        "name": "Mission locale de Montargis",
        "departement": "45",
        "placement": Structure.Placement.BY_NAME,
        "digest": "",
    }
    return Structure.objects.create(**values | fields)


def session(one: User, *, ago: datetime.timedelta = NOW) -> str:
    """The key of a session as after a password and a code just now, or so long ago."""
    store = SessionStore()
    store[SESSION_KEY], store[BACKEND_SESSION_KEY], store[HASH_SESSION_KEY] = (
        str(one.pk),
        BACKEND,
        one.get_session_auth_hash(),
    )
    as_after_both_factors(store, one)
    for record in store[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= ago.total_seconds()
    store.create()
    return store.session_key


def client(one: User, **options) -> Client:
    """A browser in which `one` is signed in, as after their first page."""
    return _opened(one, session(one), timezone.now(), options)


def unseen_client(one: User, *, since: datetime.timedelta, **options) -> Client:
    """The same, at which nobody has looked for so long, opened an hour before."""
    return _opened(one, session(one, ago=since + HOUR), timezone.now() - since, options)


def _opened(one: User, key: str, at: datetime.datetime, options: dict) -> Client:
    browser = Client(**options)
    browser.cookies[settings.SESSION_COOKIE_NAME] = key
    device = devices.in_words(options.get("headers", {}).get("User-Agent", ""))
    OpenSession.objects.create(session_id=key, user=one, device=device, opened_at=at, seen_at=at)
    return browser


def code(secret: str) -> str:
    """What the telephone shows now (RFC 6238: SHA-1, 30 seconds, six digits)."""
    counter = int(time()) // 30
    digest = hmac.digest(b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def channel_account(channel: str, values: dict, *, owner=None, webhook_secret: str = "") -> ChannelAccount:
    """An account in service, of the installation or of `owner` (an organisation's number), instead of the one before."""
    ChannelAccount.objects.filter(channel=channel, owner=owner).delete()
    at = timezone.now()
    account = ChannelAccount(channel=channel, owner=owner, values=values, asked_at=at, confirmed_at=at)
    if webhook_secret:
        accounts.give_webhook(account, webhook_secret)
    account.save()
    return account


def sms_account(*, owner=None, url="", dialect="json", key="clef", sender="", webhook_secret=WEBHOOK) -> ChannelAccount:
    """As `channel_account`; without `url` it only receives."""
    values = {"dialect": dialect, "url": url, "key": key, "sender": sender} if url else {}
    return channel_account("sms", values, owner=owner, webhook_secret=webhook_secret)


def discord_account(*, public_key: str, application_id: str = "845027738276462632", owner=None) -> ChannelAccount:
    values = {"application_id": application_id, "public_key": public_key, "token": "jeton-du-robot"}
    return channel_account("discord", values, owner=owner)


def mailbox_account(box, *, owner=None, address: str = "", checked_by: str = "*") -> ChannelAccount:
    """Of a mailbox that is a fake (`channels.tests.fakes.Mailbox`)."""
    values = box.values | {"address": address, "checked_by": checked_by}
    return channel_account("email", values, owner=owner)


def instagram_account(fake, settings, *, owner=None, account: str = "178", token: str = "IGtoken") -> ChannelAccount:
    """On a fake network (`channels.tests.networks.Instagram`)."""
    settings.INSTAGRAM_API_URL = f"{fake.address}/v25.0"
    return channel_account("instagram", {"account": account, "token": token}, owner=owner)
