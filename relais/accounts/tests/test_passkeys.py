"""A passkey, from adding it to signing in with nothing else, in a real browser with a virtual authenticator."""

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import sync_playwright

from relais.foundation.models import Outbound

PASSWORD = "une phrase assez longue 42"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def page():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.set_default_timeout(60_000)
        yield page
        browser.close()


@pytest.mark.browser
def test_sign_in_with_a_passkey_alone(live_server, page, make_user):
    user = make_user("administrator", password=PASSWORD, second_factor=False)
    # A passkey belongs to a name: browsers refuse them for a bare address such as 127.0.0.1.
    site = live_server.url.replace("127.0.0.1", "localhost")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options | {"automaticPresenceSimulation": True}})

    page.goto(f"{site}/compte/login/")
    page.fill("[name=login]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    page.wait_for_url("**/compte/2fa/")
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    page.fill("#id_name", "ordinateur")
    page.check("[name=passwordless]")
    page.get_by_role("button", name="Ajouter").click()
    page.wait_for_url("**/compte/2fa/reauthenticate/**")
    assert Authenticator.objects.filter(user=user, type="webauthn").count() == 1
    assert "Clé d’accès ajoutée" in {letter.payload["subject"] for letter in Outbound.objects.all()}
    # The session proves its new key once, then goes on.
    page.get_by_role("link", name="Avec une clé d’accès").click()
    page.get_by_role("button", name="Prendre ma clé d’accès").click()
    page.wait_for_url("**/compte/2fa/recovery-codes/")
    page.goto(f"{site}/compte/logout/")
    page.get_by_role("button", name="Se déconnecter").click()

    page.goto(f"{site}/compte/login/")
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url("**/pro/")
    assert page.said == [], "nothing was refused by the Content-Security-Policy"
