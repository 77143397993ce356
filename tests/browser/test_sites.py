"""Two host names on one running installation: 127.0.0.1 and localhost. What the administrator of one changes is seen on that one only."""

import http.client
import time
from email import message_from_bytes, policy
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import DESK, PHONE

PATIENCE = 120  # seconds: a guard, on a machine that does other work
INSTAGRAM = "https://www.instagram.com/parcours45"
NAMES = {
    "Nom du site": "Parcours 45",
    "Phrase courte": "Les métiers qui comptent, dans le Loiret",
    "Couleur vive": "#00a0ff",
    "Couleur profonde": "#101010",
    "Nom de l’expéditeur": "Équipe Parcours",
    "Adresse pour les réponses": "ecrire@loiret.invalid",
    "Page Instagram": INSTAGRAM,
    "Éditeur": "Département d’essai",
    "Autres mentions légales": "Première phrase.\n\nSeconde phrase.",
    "Délégué à la protection des données": "dpo@loiret.invalid",
    "Contact pour l’accessibilité": "acces@loiret.invalid",
}


LINE = """
from relais.accounts.models import Organisation, User
from relais.coaching.models import Line
from tests import builders
place = User.objects.get(email="partner@demo.invalid").memberships.get(role="partner").organisation
Line.objects.get_or_create(slug="ligne-45", defaults={"name": "Ligne du 45", "organisation": place})
if not User.objects.filter(email="mediator@loiret.invalid").exists():
    builders.user("mediator", organisation=place, email="mediator@loiret.invalid")
"""
ANSWER = """
from uuid import uuid4
from django.utils import timezone
from relais.accounts.models import User
from relais.coaching import services
from relais.coaching.models import Conversation
user, found = User.objects.get(email="mediator@loiret.invalid"), Conversation.objects.get(journey__pseudonym="Hermine 41")
services.claim(conversation=found, user=user, now=timezone.now())
services.reply(conversation=found, user=user, body="Bonjour Hermine", key=uuid4(), now=timezone.now())
"""


@pytest.fixture
def there(site, watch, person):
    """The second host. Julie administers the organisation that it will belong to."""
    # Signed in before she holds a second role: the door has one button for each.
    person("Julie")
    before = [host for (host,) in site.sql("SELECT host FROM accounts_site")]
    other = site.base.replace("127.0.0.1", "localhost")
    watch.allowed.add(other)
    site.sql(
        "INSERT INTO accounts_membership (user_id, organisation_id, role) SELECT user_id, organisation_id, 'administrator' FROM accounts_membership "
        "WHERE role = 'partner' AND user_id = (SELECT id FROM accounts_user WHERE email = 'partner@demo.invalid')"
    )
    yield other
    site.sql("DELETE FROM accounts_site WHERE host <> ALL(%s)", before)
    site.sql(
        "DELETE FROM accounts_membership WHERE role = 'administrator' AND user_id = (SELECT id FROM accounts_user WHERE email = 'partner@demo.invalid')"
    )


def open_site(page: Page, host: str, organisation: str) -> None:
    page.goto("/pro/site/")
    if page.get_by_role("link", name=host, exact=True).count():
        return
    page.get_by_label("Organisation").select_option(label=organisation)
    page.get_by_label("Nom d’hôte").fill(host)
    page.get_by_role("button", name="Ouvrir ce site").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Le site {host}")


def colour_of(page: Page, address: str) -> str:
    page.goto(address)
    return page.locator(".to-human:visible").first.evaluate("one => getComputedStyle(one).backgroundColor")


def letter_to(site, address: str):
    """The letter that left to this address, read from the folder of the demonstration."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for file in (site.data / "mail").glob("*.log"):
            for raw in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
                found = message_from_bytes(raw, policy=policy.default)
                if found["To"] == address:
                    return found
        time.sleep(0.5)
    raise AssertionError(f"No letter to {address}")


def test_each_setting_changes_on_its_own_host_only(person, site, there):
    nadia = person("Nadia")
    open_site(nadia, "127.0.0.1", "Équipe Relais (démonstration)")
    open_site(nadia, "localhost", "Mission locale (démonstration)")

    julie = person("Julie", viewport=PHONE)
    julie.goto("/pro/site/")
    expect(julie.get_by_role("heading", level=1)).to_have_text("Le site localhost")
    for label, words in NAMES.items():
        julie.get_by_label(label, exact=True).fill(words)
    julie.get_by_label("Page publique « Tient-on notre promesse ? »").check()
    julie.get_by_label("Couleur vive", exact=True).fill("#0b5fff")
    julie.get_by_role("button", name="Voir sans enregistrer").click()
    expect(julie.get_by_text("il faut 4,5 : 1").first).to_be_visible()
    julie.get_by_label("Couleur vive", exact=True).fill("#00a0ff")
    julie.get_by_role("button", name="Voir sans enregistrer").click()
    expect(julie.get_by_text("Rien n’est encore enregistré")).to_be_visible()
    for scheme in ("light", "dark"):
        shown = julie.locator(f".scheme-{scheme} .shown-button")
        expect(shown).to_have_css("background-color", "rgb(0, 160, 255)")
    assert julie.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    visitor = person()
    visitor.goto(f"{there}/mentions-legales")
    expect(visitor).to_have_title("Mentions légales · Relais")
    julie.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(julie.get_by_text("C’est enregistré")).to_be_visible()
    logo = BytesIO()
    Image.new("RGB", (300, 100), "navy").save(logo, "PNG")
    julie.get_by_label("Image PNG, JPEG ou WebP").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": logo.getvalue()}
    )
    julie.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(julie.get_by_text("C’est enregistré")).to_be_visible()
    expect(julie.get_by_alt_text("Le logo actuel")).to_be_visible()
    julie.goto("/pro/equipe/")
    julie.get_by_label("Adresse e-mail").fill("collegue@loiret.invalid")
    julie.get_by_role("button", name="Envoyer l’invitation").click()
    letter = letter_to(site, "collegue@loiret.invalid")
    assert (
        letter["From"].addresses[0].display_name == "Équipe Parcours" and letter["Reply-To"] == "ecrire@loiret.invalid"
    )
    words = letter.get_body(("plain",)).get_content()
    assert f"{there}/pro/invitation/" in words and "rejoindre Parcours 45" in " ".join(words.split())

    for size in (PHONE, DESK):
        page = person(viewport=size)
        page.goto(f"{there}/mentions-legales")
        expect(page).to_have_title("Mentions légales · Parcours 45")
        expect(page.locator(".brand")).to_have_text("Parcours 45")
        expect(page.get_by_text("Seconde phrase.")).to_be_visible()
        expect(page.get_by_text("Département d’essai")).to_be_visible()
        expect(page.locator("footer")).to_contain_text("dans le Loiret")
        expect(page.locator("footer").get_by_role("link", name="Instagram")).to_have_attribute("href", INSTAGRAM)
        assert page.locator(".brand img").evaluate("one => one.naturalWidth") == 256
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert colour_of(page, f"{there}/") == "rgb(0, 160, 255)"
        page.goto(f"{there}/confidentialite")
        expect(page.get_by_text("dpo@loiret.invalid").first).to_be_visible()
        page.goto(f"{there}/accessibilite")
        expect(page.get_by_text("acces@loiret.invalid")).to_be_visible()
        expect(page.get_by_role("link", name="Tient-on notre promesse ?")).to_have_count(0)
        assert (
            page.request.get(f"{there}/promesse").status == 404
            and page.request.get(f"{site.base}/promesse").status == 200
        )
        assert colour_of(page, f"{site.base}/mentions-legales") == "rgb(255, 90, 44)"
        expect(page).to_have_title("Mentions légales · Relais")
        expect(page.get_by_role("link", name="Instagram")).to_have_count(0)
        for words in ("Parcours 45", "Département d’essai", "Seconde phrase.", "dans le Loiret"):
            expect(page.locator("body")).not_to_contain_text(words)

    # Nobody looks after somebody else's site.
    ((other,),) = site.sql("SELECT id FROM accounts_site WHERE host = '127.0.0.1'")
    assert julie.request.get(f"{site.base}/pro/site/{other}/").status == 404
    assert person("Hélène").request.get(f"{site.base}/pro/site/").status == 404


def test_whoever_writes_on_a_host_is_answered_by_its_organisation_alone(person, site, there):
    nadia = person("Nadia")
    open_site(nadia, "127.0.0.1", "Équipe Relais (démonstration)")
    open_site(nadia, "localhost", "Mission locale (démonstration)")
    julie = person("Julie")
    julie.goto("/pro/site/")
    for label in ("Nom du site", "Nom de l’expéditeur", "Couleur vive", "Couleur profonde"):
        julie.get_by_label(label, exact=True).fill(NAMES[label])
    julie.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(julie.get_by_text("C’est enregistré")).to_be_visible()
    site.command("shell", "--no-imports", "-c", LINE)
    visitors = {}
    for base, pseudonym in ((there, "Hermine 41"), (site.base, "Hermine 42")):
        visitors[pseudonym] = young = person(viewport=PHONE)
        young.goto(f"{base}/parler")
        young.get_by_label("Ton message").fill(f"Bonjour, ici {pseudonym}")
        young.locator("summary").click()
        young.get_by_label("Ton pseudo").fill(pseudonym)
        young.get_by_role("button", name="Envoyer").click()
        expect(young.locator("h1")).to_have_text(f"Salut {pseudonym}")
    lines = dict(
        site.sql(
            "SELECT j.pseudonym, l.slug FROM coaching_conversation c JOIN journeys_journey j ON j.id = c.journey_id "
            "JOIN coaching_line l ON l.id = c.line_id WHERE j.pseudonym = ANY(%s)",
            list(visitors),
        )
    )
    assert lines == {"Hermine 41": "ligne-45", "Hermine 42": "demonstration"}

    young = visitors["Hermine 41"]
    young.goto(f"{there}/parler/rappel")
    young.get_by_label("Qu’on m’écrive par e-mail").check()
    young.get_by_label("Ton e-mail ou ton numéro").fill("hermine@loiret.invalid")
    young.get_by_role("button", name="Recontactez-moi").click()
    site.command("shell", "--no-imports", "-c", ANSWER)
    letter = letter_to(site, "hermine@loiret.invalid")
    assert letter["From"].addresses[0].display_name == "Équipe Parcours" and "Parcours 45" in letter["Subject"]
    page = letter.get_body(("html",)).get_content()
    assert f"{there}/parler/l/" in page and site.base not in page and "#00a0ff" in page.lower()

    helene = person("Hélène")
    for address in ("/pro/", "/pro/conversations/", "/pro/ligne/", "/pro/envois/", "/pro/agenda/", "/pro/entonnoir/"):
        answer = helene.request.get(f"{site.base}{address}")
        assert answer.ok and "Hermine 41" not in answer.text() and "hermine@" not in answer.text(), address
    helene.goto("/pro/aller")
    helene.get_by_label("Un nom, ou son début").fill("Hermine")
    helene.get_by_role("main").get_by_role("button").first.click()
    expect(helene.get_by_role("main")).to_contain_text("Hermine 42")
    expect(helene.get_by_role("main")).not_to_contain_text("Hermine 41")
    assert "Hermine 42" in helene.request.get(f"{site.base}/pro/conversations/").text()
    ((theirs, place),) = site.sql(
        "SELECT c.id, l.organisation_id FROM coaching_line l JOIN coaching_conversation c ON c.line_id = l.id JOIN journeys_journey j ON j.id = c.journey_id WHERE j.pseudonym = 'Hermine 41'"
    )
    assert helene.request.get(f"{site.base}/pro/conversations/{theirs}/").status == 404
    for stream in (f"desk/{theirs}?after=0", f"inbox/{place}"):
        assert helene.request.get(f"{site.base}/live/{stream}").status == 404, stream


def test_a_long_name_leaves_the_places_beside_it(person, site, there):
    nadia = person("Nadia", viewport=DESK)
    open_site(nadia, "localhost", "Mission locale (démonstration)")
    name = "Parcours des métiers du Loiret et Cher"
    nadia.goto("/pro/site/")
    nadia.get_by_role("link", name="localhost", exact=True).click()
    nadia.get_by_label("Nom du site", exact=True).fill(name)
    nadia.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(nadia.get_by_text("C’est enregistré")).to_be_visible()
    page = person(viewport=DESK)
    until = time.monotonic() + PATIENCE
    page.goto(f"{there}/mentions-legales")
    while name not in page.title() and time.monotonic() < until:
        page.reload()
    brand, places = page.locator(".brand").bounding_box(), page.locator(".top .quit").bounding_box()
    assert brand["y"] < places["y"] + places["height"] and places["y"] < brand["y"] + brand["height"]


def test_a_name_that_is_nobodys_is_refused_on_every_route(site, watch):
    address = urlsplit(site.base)
    for path in (
        "/",
        "/aide",
        "/static/foundation/logo.svg",
        "/r/K7QM3",
        "/live/conversation/x",
        "/media/x",
        "/health/ready",
    ):
        asked = http.client.HTTPConnection(address.hostname, address.port, timeout=PATIENCE)
        asked.request("GET", path, headers={"Host": "evil.invalid"})
        answer = asked.getresponse()
        assert (path, answer.status, answer.getheader("Location")) == (path, 400, None)
        asked.close()
