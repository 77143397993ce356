"""What people really send: too long, twice, too late, from an old tab. A plain sentence, nothing lost, never a 500 (see Watch)."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

LIMIT = 4000
VERY_LONG = "Je raconte toute ma vie. " * 4000


def talk(page: Page, body: str, **fields: str) -> None:
    page.goto("/parler")
    page.get_by_label("Ton message").fill(body)
    if fields:
        page.locator("summary").click()
    for label, value in fields.items():
        page.get_by_label(f"Ta {label}" if label == "commune" else f"Ton {label}").fill(value)
    page.get_by_role("button", name="Envoyer").click()


@pytest.mark.parametrize("code", ["AAAA", "0O1IL5S2Z8BU", "😀😀😀", "%00", "' OR 1=1", "A" * 40])
def test_malformed_resume_code(phone, code):
    page = phone()
    page.goto("/parler/reprendre")
    page.get_by_label("Ton code de reprise").fill(code)
    page.get_by_role("button", name="Reprendre").click()
    expect(page.get_by_text(re.compile("Ce code n’ouvre rien|Ce code est trop long"))).to_be_visible()
    expect(page.get_by_label("Ton code de reprise")).to_have_value(code)


@pytest.mark.parametrize("commune", ["Saint-Nulle-Part", "Saint-Denis", "😀"])
def test_unknown_or_ambiguous_commune(phone, commune):
    page = phone()
    talk(page, "Mon texte reste là.", commune=commune)
    expect(page.get_by_text(re.compile(r"Tu veux dire|Essaie le code postal"))).to_be_visible()
    expect(page.get_by_label("Ton message")).to_have_value("Mon texte reste là.")
    expect(page.get_by_label("Ta commune")).to_have_value(commune)


@pytest.mark.parametrize("js", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_very_long_message(phone, js):
    """The text stays in the box, to be cut; on the first page and in the conversation alike."""
    page = phone(java_script_enabled=js)
    talk(page, VERY_LONG)
    expect(page.get_by_text(f"la limite est de {LIMIT}")).to_be_visible()
    assert page.get_by_label("Ton message").input_value().strip() == VERY_LONG.strip()
    page.get_by_label("Ton message").fill("Plus court.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("h1")).to_contain_text("Salut")
    page.get_by_label("Ton message").fill(VERY_LONG)
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text(f"la limite est de {LIMIT}").first).to_be_visible()
    assert page.get_by_label("Ton message").input_value().strip() == VERY_LONG.strip()


def test_emoji_only(phone):
    page = phone()
    talk(page, "🙂👍🏽👨‍👩‍👧‍👦", pseudo="🦊")
    expect(page.locator("h1")).to_have_text("Salut 🦊")
    expect(page.locator("#fil .body").first).to_have_text("🙂👍🏽👨‍👩‍👧‍👦")


def test_typed_markup_stays_text(phone):
    page = phone()
    talk(page, "<img src=x onerror=alert(1)> <b>gras</b>\nligne", pseudo="<i>moi</i>")
    expect(page.locator("h1")).to_have_text("Salut <i>moi</i>")
    expect(page.locator("#fil .body").first).to_contain_text("<img src=x onerror=alert(1)>")


def test_pressed_twice(site, phone):
    """A double press makes one conversation; the same page sent again after « back » makes no second one either."""
    page = phone()
    page.goto("/parler")
    page.get_by_label("Ton message").fill("Deux fois la même chose.")
    key = page.locator("input[name=key]").input_value()
    page.get_by_role("button", name="Envoyer").dblclick()
    expect(page.locator("h1")).to_contain_text("Salut")
    page.go_back()
    if page.get_by_role("button", name="Envoyer").count():
        page.reload()
    expect(page.locator("#fil .body")).to_have_count(1)
    assert site.sql("SELECT count(*) FROM coaching_conversation WHERE key = %s", key) == [(1,)]


def test_sent_again_without_the_cookie(site, phone):
    """The first answer was lost on the way: the page, still open, sends the same form, and finds the same conversation."""
    page = phone(java_script_enabled=False)
    page.goto("/parler")
    page.get_by_label("Ton message").fill("La réponse s’est perdue.")
    key = page.locator("input[name=key]").input_value()
    form = {
        name: page.locator(f"[name={name}]").input_value()
        for name in ("csrfmiddlewaretoken", "key", "body", "pseudonym", "commune")
    }
    page.request.post("/parler", form=form, headers={"Referer": page.url})
    page.context.clear_cookies(name="parcours")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#fil .body")).to_have_text(["La réponse s’est perdue."])
    assert site.sql("SELECT count(*) FROM coaching_conversation WHERE key = %s", key) == [(1,)]


def test_message_sent_twice(site, phone, states):
    """In a conversation the key of the form decides: the same message twice is one."""
    page = phone(journey=states["answered"]["cookie"], java_script_enabled=False)
    page.goto("/parler")
    form = {
        name: page.locator(f"form[action='/parler/ecrire'] [name={name}]").input_value()
        for name in ("csrfmiddlewaretoken", "key")
    }
    for _ in range(2):
        page.request.post(
            "/parler/ecrire", form=form | {"body": "Une seule fois, merci."}, headers={"Referer": page.url}
        )
    page.reload()
    expect(page.locator("#fil .body", has_text="Une seule fois, merci.")).to_have_count(1)


def test_stale_tab(phone):
    """The cookie that proves the form is gone: the page says so and shows the text again."""
    page = phone(java_script_enabled=False)
    page.goto("/parler")
    page.get_by_label("Ton message").fill("Un texte auquel je tiens.")
    page.context.clear_cookies()
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.get_by_role("button", name="Envoyer").click()
    assert answer.value.status == 403
    expect(page.locator("textarea")).to_have_value("Un texte auquel je tiens.")
    page.get_by_role("link", name="Rouvrir la page").click()
    expect(page.get_by_label("Ton message")).to_be_visible()


def test_stale_tab_in_a_conversation(watch, phone, states):
    """With JavaScript the page stays: the text is still in its box and a sentence says what to do."""
    watch.provoked += ["404 for /live/conversation/", "net::ERR_FAILED"]
    page = phone(journey=states["waiting"]["cookie"])
    page.goto("/parler")
    page.context.clear_cookies()
    page.get_by_label("Ton message").fill("Un texte auquel je tiens.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("[data-problem]")).to_be_visible()
    expect(page.get_by_label("Ton message")).to_have_value("Un texte auquel je tiens.")


def test_a_line_that_is_cut(watch, phone, states):
    """No network: the text is kept, and leaves once when the line is back."""
    watch.provoked.append("net::ERR_INTERNET_DISCONNECTED")
    page = phone(journey=states["closed"]["cookie"])
    page.goto("/parler")
    page.route("**/parler/ecrire", lambda route: route.abort("internetdisconnected"))
    page.get_by_label("Ton message").fill("Envoyé dans le tunnel.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("[data-problem]")).to_contain_text("Le texte est gardé")
    page.unroute("**/parler/ecrire")
    page.reload()
    expect(page.get_by_label("Ton message")).to_have_value("Envoyé dans le tunnel.")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.locator("#fil .body", has_text="Envoyé dans le tunnel.")).to_have_count(1)


def test_partner_links(site, person, states):
    page = person()
    site.sql(
        "UPDATE foundation_link SET expires_at = now() - interval '1 day' WHERE subject = %s",
        states["expired"]["handover"],
    )
    for wrong in (
        states["expired"]["link"],
        "/orientation/inconnu",
        "/orientation/" + "é" * 50,
        states["expired"]["link"][:-1],
    ):
        assert page.goto(wrong).status == 404
        expect(page.get_by_role("main")).to_contain_text("Ce lien n’est plus valable.")
    # Used twice: two tabs accept, the second is told nothing wrong and nothing happens twice.
    page.goto(states["reused"]["link"])
    page.get_by_role("button", name="Lire la demande").click()
    second = page.context.new_page()
    second.goto(states["reused"]["link"])
    page.get_by_role("button", name="J’accepte cette demande").click()
    expect(page.locator("h1")).to_have_text("Demande acceptée")
    second.locator("summary").click()
    second.get_by_label("Pourquoi").fill("Plus de place.")
    second.get_by_role("button", name="Rendre la demande").click()
    expect(second.get_by_text("Cette demande est déjà acceptée.")).to_be_visible()
    happened = (
        "SELECT count(*) FROM foundation_event WHERE subject = %s AND name IN ('handover.accepted', 'handover.refused')"
    )
    assert site.sql(happened, states["reused"]["id"]) == [(1,)]


def test_addresses_that_lead_nowhere(phone):
    page = phone()
    assert page.goto("/n-importe-quoi").status == 404
    expect(page.get_by_role("main").get_by_role("link", name="Besoin d’aide tout de suite")).to_be_visible()
    assert page.goto("/r/ZZZZZ").status == 404
    expect(page.get_by_role("main").get_by_role("link", name="Parler à quelqu’un").first).to_be_visible()
    for odd in (
        "/%00",
        "/metiers/%ff",
        "/parler?par=%00",
        "/metiers/?page=abc",
        "/metiers/?q=%00",
        "/structures/?commune=%00",
        "/r/" + "A" * 3000,
        "/parler/suite?de=x&apres=x",
        f"/parler/accord/{uuid4()}",
        "/compte/2fa/webauthn/keys/1/remove/",
    ):
        assert page.request.get(odd).status < 500, odd


def test_wrong_method(phone, person, states):
    """A form sent to a page that takes none is refused; where only forms go, a reload leads back to the page of the form."""
    page = phone()
    page.goto("/parler")
    proof = {"csrfmiddlewaretoken": page.locator("input[name=csrfmiddlewaretoken]").first.input_value()}
    for address in (
        "/",
        "/aide",
        "/metiers/",
        "/temoignages/",
        "/structures/",
        "/mentions-legales",
        "/r/K7QM3",
        "/sitemap.xml",
        "/robots.txt",
    ):
        assert page.request.post(address, form=proof, headers={"Referer": page.url}).status in (404, 405), address
    for address in ("/parler/ecrire", "/parler/quitter"):
        page.goto(address)
        expect(page.get_by_label("Ton message")).to_be_visible()
    staff = person("Sarah")
    for action in ("prendre", "rendre", "repondre", "terminer", "rappel-fait"):
        staff.goto(f"/pro/conversations/{states['answered']['id']}/{action}")
        expect(staff.locator("h1")).to_have_text(states["answered"]["pseudonym"])
        assert staff.goto(f"/pro/conversations/{uuid4()}/{action}").status == 404


def test_reply_to_a_conversation_taken_meanwhile(person, states):
    """The one who no longer holds it keeps the text they typed."""
    page = person("Karim", java_script_enabled=False)
    page.goto(f"/pro/conversations/{states['callback']['id']}/")
    # Somebody whose age is not known, held by a colleague: the reason comes first.
    page.get_by_label("Je remplace ou j’aide quelqu’un de l’équipe").check()
    page.get_by_role("button", name="Ouvrir le dossier").click()
    expect(page.get_by_text("Sarah a pris cette conversation.").first).to_be_visible()
    token = page.locator("input[name=csrfmiddlewaretoken]").first
    proof = token.input_value() if token.count() else ""
    if not proof:
        page.goto("/compte/logout/")
        proof = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post(
        f"/pro/conversations/{states['callback']['id']}/repondre",
        form={"csrfmiddlewaretoken": proof, "key": str(uuid4()), "body": "Ma réponse tapée trop tard."},
        headers={"Referer": page.url},
    )
    assert answer.status == 422
    assert "Sarah a pris cette conversation" in answer.text()
    assert "Ma réponse tapée trop tard." in answer.text()
