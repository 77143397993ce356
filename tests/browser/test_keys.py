"""The keys of a running site turn, with a restart before and after: nobody who uses it notices.

Real processes: the site of these tests is stopped and begun again with other keys, and goes on for the tests that follow.
"""

import hmac
import json
import re
import secrets
import time
import urllib.request
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from relais.channels.tests.fakes import Provider, serving
from tests import builders

from .conftest import PHONE

PASSWORD = "une phrase assez longue 42"
WEBHOOK = "le-secret-de-la-porte-des-clefs"
BACK, STOPPED = "+33639980021", "+33639980022"
PATIENCE = 60  # seconds: a guard, on a machine that does other work
MAKE = """
import json
from uuid import uuid4
from django.utils import timezone
from relais.accounts.models import User
from relais.accounts.second_factor import new_secret
from relais.catalogue.models import Structure
from relais.coaching import services
from relais.coaching.models import Conversation, Line
from relais.handovers import common
from relais.handovers import services as handovers
from tests import builders
now, sarah = timezone.now(), User.objects.get(email="mediator@demo.invalid")
team = sarah.memberships.get().organisation
told = {{}}
for name in ("before", "after"):
    told[name] = {{"email": f"{{name}}@clefs.invalid", "secret": new_secret()}}
    builders.user("mediator", organisation=team, password="{password}", **told[name])
opened = services.open_conversation(line=Line.objects.get(slug="demonstration"), pseudonym="Clef lien", commune=None, touch="", body="Bonjour", key=uuid4(), now=now)
Conversation.objects.filter(pk=opened.conversation.pk).update(age_band="18-25")
services.claim(conversation=opened.conversation, user=sarah, now=now)
handover = handovers.propose(conversation=opened.conversation, user=sarah, structure=Structure.objects.first(), partner_email="accueil@clefs.invalid", summary="Cherche un stage.", key=uuid4(), now=now)
handover = handovers.agree(handover=handover, journey=opened.conversation.journey, name="Lou", contact="", now=now)
told["partner"] = common.partner_address(handover)
builders.sms_account(owner=team.pk, url="{provider}", webhook_secret="{secret}")
print(json.dumps(told))
"""
ANSWER = """
from uuid import uuid4
from django.utils import timezone
from relais.accounts.models import User
from relais.coaching import services
from relais.coaching.models import Conversation
for one in Conversation.objects.filter(channel="sms", claimed_by=None):
    services.claim(conversation=one, user=User.objects.get(email="mediator@demo.invalid"), now=timezone.now())
    services.reply(conversation=one, user=User.objects.get(email="mediator@demo.invalid"), body="Bonjour", key=uuid4(), now=timezone.now())
"""


def sms(site, number: str, sender: str, text: str) -> None:
    """As a gateway brings it."""
    body, at = json.dumps({"id": number, "from": sender, "text": text}).encode(), str(int(time.time()))
    signed = hmac.new(WEBHOOK.encode(), at.encode() + b"." + body, "sha256").hexdigest()
    headers = {"Content-Type": "application/json", "X-Relais-Signature": f"t={at},s={signed}"}
    ((team,),) = site.sql(
        "SELECT owner FROM channels_channelaccount WHERE channel = 'sms' AND confirmed_at IS NOT NULL"
    )
    request = urllib.request.Request(f"{site.base}/entree/sms/compte/{team}", body, headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


def until(true) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.2)


def threads_by_sms(site) -> list[tuple]:
    """(conversation, how many messages of the person), the oldest first."""
    return site.sql(
        "SELECT c.id, count(*) FILTER (WHERE m.side = 'young') FROM coaching_conversation c JOIN coaching_message m ON m.conversation_id = c.id "
        "WHERE c.channel = 'sms' GROUP BY c.id ORDER BY c.opened_at"
    )


def sign_in(page: Page, who: dict) -> None:
    page.goto("/compte/login/")
    page.get_by_label("Adresse e-mail").fill(who["email"])
    page.get_by_label("Mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    # A code that is over while it is typed would be refused.
    until(lambda: time.time() % 30 < 20)
    page.locator("input[name=code]").fill(builders.code(who["secret"]))
    page.get_by_role("button", name="Entrer", exact=True).click()
    expect(page).to_have_url(re.compile("/pro/"))


def writes(young: Page) -> str:
    """A conversation on the site, its page left open; the code that was written down."""
    young.goto("/parler")
    young.get_by_label("Ton message").fill("Avant les clefs")
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("#attente")).to_be_visible()
    young.evaluate("window.neverReloaded = true")
    return young.locator(".code").inner_text()


@pytest.fixture
def provider():
    with serving(Provider((200, {}, {}))) as one:
        yield one


def test_nobody_notices_that_the_keys_turn(site, person, watch, provider):
    # While the site is away its open pages ask for it: that is no fault of theirs.
    watch.provoked += ["ERR_CONNECTION", "ERR_INCOMPLETE", "ERR_EMPTY"]
    made = site.command(
        "shell", "--no-imports", "-c", MAKE.format(password=PASSWORD, provider=provider.address, secret=WEBHOOK)
    )
    told = json.loads(made.stdout.splitlines()[-1])
    young, staff = person(viewport=PHONE), person()
    code = writes(young)
    sign_in(staff, told["before"])
    ((conversation,),) = site.sql("SELECT conversation_id FROM coaching_message ORDER BY id DESC LIMIT 1")
    desk = f"/pro/conversations/{conversation}/"
    already = len(threads_by_sms(site))
    sms(site, "k1", BACK, "Bonjour")
    sms(site, "k2", STOPPED, "Bonjour")
    until(lambda: len(threads_by_sms(site)) == already + 2)
    # Minors are sent no SMS at night.
    site.sql("UPDATE coaching_conversation SET age_band = '18-25' WHERE channel = 'sms'")
    sms(site, "k3", STOPPED, "STOP")

    former = site.environment.get("RELAIS_KEYS") or f"sealing:{(site.data / 'secret-key').read_text()}"
    new = secrets.token_urlsafe(50)
    site.restart(RELAIS_KEYS=f"{new},{former}")
    site.command("reseal")
    site.restart(RELAIS_KEYS=new)

    sees_the_answer(young, staff, desk)
    resumes(person(), code)
    sign_in(person(), told["after"])
    partner = person()
    partner.goto(urlsplit(told["partner"]).path)
    partner.get_by_role("button", name="Lire la demande").click()
    expect(partner.get_by_role("main")).to_contain_text("Cherche un stage.")
    answered_by_sms(site, provider, already)


def sees_the_answer(young: Page, staff: Page, desk: str) -> None:
    """The session goes on, and so does the page that was never loaded again."""
    staff.goto(desk)
    # A file is opened with its reason.
    if staff.get_by_label("Pourquoi").count():
        staff.get_by_role("main").get_by_role("button").first.click()
    staff.locator("form[action$='/prendre'] button").first.click()
    staff.get_by_label("Votre réponse").fill("Après les clefs")
    staff.get_by_role("button", name="Répondre").click()
    expect(young.locator("#fil").get_by_text("Après les clefs")).to_be_visible(timeout=PATIENCE * 1000)
    assert young.evaluate("window.neverReloaded"), "the page was loaded again"
    young.get_by_label("Ton message").fill("Toujours là")
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("#fil").get_by_text("Toujours là")).to_be_visible()


def resumes(elsewhere: Page, code: str) -> None:
    elsewhere.goto("/")
    elsewhere.get_by_role("link", name="J’ai un code de reprise").first.click()
    elsewhere.get_by_label("Ton code de reprise").fill(code)
    elsewhere.get_by_role("button", name="Reprendre").click()
    expect(elsewhere.locator("#fil").get_by_text("Avant les clefs")).to_be_visible()


def answered_by_sms(site, provider, already: int) -> None:
    """Who comes back is known again and answered; who wrote STOP is not."""
    sms(site, "k4", BACK, "C’est encore moi")
    until(lambda: [count for _, count in threads_by_sms(site)][already:] == [2, 1])
    provider.requests.clear()
    site.command("shell", "--no-imports", "-c", ANSWER)
    until(lambda: site.sql("SELECT 1 FROM foundation_outbound WHERE key LIKE 'reply:%%' AND state = 'stopped'"))
    until(lambda: any(json.loads(request["body"])["to"] == BACK for request in provider.requests))
    assert not [request for request in provider.requests if json.loads(request["body"])["to"] == STOPPED]
