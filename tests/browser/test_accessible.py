"""axe on every page, on a telephone and on a desk, light and dark, with no exclusion; then what it cannot see: reflow and text spacing.

Each page is judged on a telephone in one scheme and on a desk in the other, by turns from page to page; AXE_ALL=1 judges all four of each.
"""

import os
import re
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from django.urls import URLResolver, get_resolver, resolve
from playwright.sync_api import Error, Page, expect

from tests import builders

from .conftest import DESK, PHONE

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4"]
SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }"
JOB, STORY = "/metiers/educateur-specialise-educatrice-specialisee", "/temoignages/etre-au-coeur-de-leur-histoire"

# Address → the status it answers with. « {name.key} » is filled from states.py.
PUBLIC = {
    "/": 200,
    "/?page=2": 200,
    "/suivis": 200,
    "/gouts": 200,
    "/aide": 200,
    "/metiers/": 200,
    "/metiers/?q=xyzzy": 200,
    JOB: 200,
    f"{JOB}?commune=Montargis": 200,
    f"{JOB}?commune=Saint-Nulle-Part": 200,
    "/metiers/aide-a-domicile": 200,
    "/structures/": 200,
    "/structures/?commune=Saint-Denis": 200,
    "/structures/{structure.id}": 200,
    "/offres/{catalogue.offer}": 200,
    "/offres/{catalogue.offer}/signaler": 200,
    "/formations/{catalogue.training}": 200,
    "/recherche": 200,
    "/recherche?q=éducateur&lieu=Montargis": 200,
    "/recherche?q=xyzzyx": 200,
    "/temoignages/": 200,
    "/temoignages/?avec=enfants": 200,
    STORY: 200,
    f"{STORY}/question": 200,
    **{f"/questions/{{asked.{name}}}": 200 for name in ("waiting", "alarming", "shown", "refused", "private", "removed", "erased")},
    "/questions/repondre/{asked.answering}": 200,
    "/questions/repondre/{asked.answering}?fait=1": 200,
    "/questions/repondre/inconnu": 404,
    "/signaler/question/{asked.shown_id}": 200,
    "/signaler/temoignage/etre-au-coeur-de-leur-histoire": 200,
    "/signaler/suivi/{asked.notice}": 200,
    "/signaler/suivi/{asked.decided}": 200,
    "/parler": 200,
    "/parler/reprendre": 200,
    "/promesse": 200,
    "/mentions-legales": 200,
    "/confidentialite": 200,
    "/accessibilite": 200,
    "/composants": 200,
    "/demo": 200,
    "/demo/courrier": 200,
    "/nulle-part": 404,
    "/r/ZZZZZ": 404,
    "/parler/guide": 200,
    "/parler/guide?c=me.md&metier=aide": 200,
    "/parler/guide?c=vi.k3.q3.x1&lieu=Montargis": 200,
    "/parler/efface": 200,
    "/parler/l/ce-lien-est-fini": 404,
    "/parler/question/{asked.private}": 200,
    "/orientation/ce-lien-n-existe-pas": 404,
    "{sent.link}": 200,
    "{accepted.link}": 200,
    "{accepted.follow}": 200,
    "{refused.link}": 200,
    "{withdrawn.link}": 200,
    "{expired.link}": 404,
    "{stopped.link}": 404,
    "{joint.link}": 200,
    **{f"{{{name}.follow}}": 200 for name in ("slots", "booked", "missed")},
    "{missed.told}": 200,
    "{closed-long-ago.news}": 200,
    "/nouvelles/inconnu": 404,
    "{invitation.link}": 200,
    "/pro/invitation/inconnue": None,
    "/compte/login/": 200,
    "/compte/signup/": None,
    "/compte/password/reset/": 200,
    "/compte/password/reset/done/": 200,
    "/compte/password/reset/key/1-inconnu/": 200,
    "/compte/password/reset/key/done/": 200,
    "/compte/confirm-email/": 200,
    "/compte/confirm-email/inconnu/": 200,
    "/compte/inactive/": 200,
}
# What the young person of states.py sees: (whose browser, address).
TALK = [
    *((state, "/parler") for state in ("waiting", "late", "answered", "closed", "proposed", "sent", "accepted", "alarming", "unaged")),
    *(("young", f"/parler/{page}") for page in ("age", "nouvelles")),
    *((state, f"/parler/accord/{{{state}.handover}}") for state in ("proposed", "sent", "accepted", "refused", "withdrawn", "stopped", "declined")),
    *(("waiting", f"/parler/{page}") for page in ("rappel", "situation", "mes-donnees", "supprimer", "nouvelles")),
    *((state, f"/parler/accord/{{{state}.handover}}/recu") for state in ("sent", "accepted")),
    ("joint", "/parler/a-trois/{joint.handover}"),
    ("slots", "/parler/rendez-vous/{slots.proposal}"),
    ("late", "/parler/rappel"),
]
BAD_PERIOD = "/pro/entonnoir/?du=2026-05-02&au=2026-05-01"
# A page of another role answers as if it were not there.
NOT_THEIRS = {("Sarah", "/pro/entonnoir/"), ("Inès", "/pro/conversations/")}
STAFF = [
    *(
        ("Sarah", address)
        for address in (
            "/pro/", "/pro/conversations/", "/pro/conversations/?voir=miennes", "/pro/conversations/?voir=terminees", "/pro/conversations/?voir=equipes",
            "/pro/conversations/cote-a-cote?c={answered.id}&c={waiting.id}", "/pro/conversations/cote-a-cote", "/pro/conversations/mentions",
            "/pro/conversations/chercher", "/pro/conversations/{answered.id}/passer", "/pro/conversations/{answered.id}/autre-ligne", "/pro/reponses/", "/pro/reponses/nouvelle", "/pro/absences/",
            *(f"/pro/conversations/{{{state}.id}}/" for state in ("waiting", "late", "answered", "closed")),
            *(f"/pro/conversations/{{{state}.id}}/" for state in ("callback", "sent", "accepted", "refused")),
            *(f"/pro/conversations/{{{state}.id}}/suivi" for state in ("joint", "booked", "missed")),
            "/pro/conversations/{booked.id}/rendez-vous?relais={booked.handover}", "/pro/structures/{structure.id}/accueil",
            "/pro/conversations/{unaged.id}/relais", "/pro/conversations/{young.id}/relais",
            "/pro/conversations/{answered.id}/relais", "/pro/conversations/{answered.id}/relais?commune=Saint-Nulle-Part",
            "/pro/structures/", "/pro/structures/{structure.id}/",
            "/pro/moderation/", *(f"/pro/moderation/?voir={tab}" for tab in ("signalements", "publiees", "repondues", "ecartees", "reseaux")),
            *(f"/pro/moderation/questions/{{asked.{name}_id}}" for name in ("waiting", "alarming", "shown", "refused", "erased")),
            *(f"/pro/moderation/questions/{{asked.{name}_id}}" for name in ("comment", "comment_alarming", "comment_answered")),
            *(f"/pro/moderation/signalements/{{asked.{name}_id}}" for name in ("notice", "decided")),
            "/compte/2fa/", "/compte/2fa/totp/deactivate/", "/compte/2fa/recovery-codes/generate/",
            "/compte/2fa/webauthn/", "/compte/2fa/webauthn/add/",
            "/compte/reauthenticate/", "/compte/2fa/reauthenticate/", "/compte/logout/", "/pro/entonnoir/",
        )
    ),
    *(("Hélène", address) for address in ("/pro/conversations/", "/pro/conversations/{answered.id}/")),
    *(("Hélène", address) for address in ("/pro/ligne/", "/pro/lignes/", "/pro/ligne/nouvelle", "/pro/ligne/equipes/", "/pro/ligne/equipes/nouvelle")),
    *(("Sarah", address) for address in ("/pro/conversations/{alarming.id}/", "/pro/danger/")),
    *(("Hélène", f"/pro/danger/{{{name}.id}}/") for name in ("danger_open", "danger_read", "danger_decided")),
    *(("Hélène", address) for address in ("/pro/conversations/{answered.id}/confier", "/pro/danger/", "/pro/equipe/benevoles/")),
    ("Léo", "/pro/conversations/"),
    *(("Hélène", address) for address in ("/pro/", "/pro/aller", "/pro/entonnoir/", "/pro/equipe/", "/pro/envois/", "/pro/entrees/")),
    *((name, "/pro/") for name in ("Julie", "Nadia", "Paul")),
    # Opened above by who holds it: it leads elsewhere otherwise.
    ("Sarah", "/pro/conversations/{answered.id}/reunir"),
    ("Hélène", "/pro/conservation/"),
    ("Hélène", "/pro/danger/{danger_decided.id}/information-preoccupante"),
    *(("Hélène", address) for address in ("/pro/catalogue/", "/pro/catalogue/{catalogue.run}/", "/pro/signalements/", "/pro/structures/importer")),
    *(("Hélène", f"/pro/structures/importer/{{table.{name}}}{page}") for name, page in (("brought", "/colonnes"), ("rehearsed", ""), ("useless", ""))),
    ("Hélène", "/pro/structures/importer/{table.rehearsed}?voir=mises-de-cote"),
    *(
        ("Inès", address)
        for address in (
            "/pro/entonnoir/", BAD_PERIOD, "/pro/entonnoir/first-delay/?contact=K7QM3", "/pro/entonnoir/outcome/",
            "/pro/contacts/", "/pro/contacts/nouveau/", "/pro/contacts/K7QM3/", "/pro/conversations/",
        )
    ),
    *(
        ("Inès", f"/pro/studio/{address}")
        for address in (
            "", "?voir=publies", "?voir=retires", "nouvelle", "ce-que-je-n-avais-pas-prevu", "ce-que-je-n-avais-pas-prevu/modifier",
            "tu-fais-quoi-toute-la-journee", "le-premier-jour", "le-premier-jour/accords", "le-premier-jour/modifier", "deux-bols-de-cafe",
            "le-premier-jour/video", "deux-bols-de-cafe/video", "ce-que-je-n-avais-pas-prevu/video",
        )
    ),
    *(("Paul", address) for address in ("/pro/entonnoir/", "/pro/contacts/", "/pro/contacts/K7QM3/")),
    *(("Nadia", address) for address in ("/pro/site/", "/pro/site/{named.id}/", "/pro/site/{named.id}/fermer", "/pro/equipe/", "/pro/equipe/{people.mediator}/", "/pro/structures/", "/pro/entonnoir/")),
    *(("Nadia", address) for address in ("/pro/programme/", "/pro/programme/import-formations-lheo/", "/pro/programme/backup/")),
    *(("Julie", address) for address in ("/pro/orientations/", "/pro/orientations/{sent.handover}/", "/pro/orientations/{accepted.handover}/")),
]  # fmt: skip


def filled(address: str, states: dict) -> str:
    return re.sub(r"{([\w-]+)\.(\w+)}", lambda match: states[match[1]][match[2]], address)


@pytest.fixture(scope="module")
def tab(new_context):
    """tab(role, journey) → one page per kind of visitor, kept for the module: opening a browser for each address would be slow."""
    tabs = {}

    def of(role: str | None = None, journey: str = "") -> Page:
        if (role, journey) not in tabs:
            tabs[role, journey] = new_context(role, journey).new_page()
        return tabs[role, journey]

    yield of
    for page in tabs.values():
        page.context.close()


@pytest.fixture(scope="module", autouse=True)
def expire(site, states):
    """The link of « expired » is yesterday's."""
    site.sql("UPDATE foundation_link SET expires_at = now() - interval '1 day' WHERE subject = %s", states["expired"]["handover"])


def accessible(page: Page) -> None:
    """axe in both widths and, by turns, both colour schemes, without loading the page again. Fails with every finding."""
    for _ in range(5):
        try:
            return _judge(page)
        except Error as error:
            if "context was destroyed" not in str(error) and "axe is not defined" not in str(error):
                raise
            # The page went on by itself meanwhile: what it is now is judged.
            page.wait_for_load_state()
    _judge(page)


def _judge(page: Page) -> None:
    found = []
    page.evaluate(AXE)
    turn = zlib.crc32(urlsplit(page.url).path.encode()) % 2
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        # At the end of the page the bar of the thumb lies in its own place, over nothing.
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        schemes = ("light", "dark")
        for scheme in schemes if os.environ.get("AXE_ALL") else (schemes[(size is DESK) ^ turn],):
            page.emulate_media(color_scheme=scheme)
            report = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", TAGS)
            found += [
                f"{size['width']} px {scheme}, {finding['id']}: {finding['help']}\n  {node['html'][:200]}\n  {node['failureSummary'][:300]}"
                for finding in report["violations"]
                for node in finding["nodes"]
            ]
    assert not found, f"{page.url}\n" + "\n".join(found)


def fits(page: Page, width: int = 320) -> None:
    """No sideways scrolling at 320 px, and no button whose text is cut when the reader spreads the letters."""
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": 640})
    wide = page.evaluate(
        "() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll')).slice(0, 5).map(e => e.outerHTML.slice(0, 120))"
    )
    assert not wide, f"{page.url} is wider than {width} px: {wide}"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{page.url} is wider than {width} px"
    page.evaluate("css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }", SPACED)
    cut = page.evaluate(
        "() => [...document.querySelectorAll('button, a.button, .talkbar a, .top a, summary')]"
        ".filter(e => e.checkVisibility() && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1"
        " || e.getBoundingClientRect().right > innerWidth + 1)).map(e => e.outerHTML.slice(0, 160))"
    )
    page.evaluate("document.adoptedStyleSheets = []")
    assert not cut, f"{page.url} cuts {cut}"


def visit(page: Page, address: str, status: int | None) -> None:
    answer = page.goto(address)
    assert status is None or answer.status == status, f"{address} answered {answer.status}"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_page(watch, tab, states, address):
    page = tab()
    visit(page, filled(address, states), PUBLIC[address])
    accessible(page)
    fits(page)
    if (button := page.get_by_role("button", name="Lire la demande")).count():
        button.click()
        expect(button).to_have_count(0)
        accessible(page)
        fits(page)


@pytest.mark.parametrize(("state", "address"), TALK)
def test_talk(watch, tab, states, state, address):
    page = tab(journey=states[state]["cookie"])
    visit(page, filled(address, states), 200)
    accessible(page)
    fits(page)


@pytest.mark.parametrize(("role", "address"), STAFF)
def test_staff_page(watch, tab, states, role, address):
    page = tab(role)
    visit(page, filled(address, states), 404 if (role, address) in NOT_THEIRS else 400 if address == BAD_PERIOD else 200)
    accessible(page)


def test_danger_files(watch, tab, states):
    """From the desk to a file, which says nothing before a reason is typed."""
    page = tab("Sarah")
    page.goto(f"/pro/conversations/{states['alarming']['id']}/")
    page.get_by_role("link", name="Ouvrir un dossier de danger").click()
    expect(page.get_by_role("heading", name="Ouvrir un dossier de danger")).to_be_visible()
    accessible(page)
    page = tab("Hélène")
    for name in ("danger_open", "danger_read", "danger_decided"):
        page.goto(f"/pro/danger/{states[name]['id']}/")
        page.get_by_label("Pourquoi ouvrez-vous ce dossier ?").fill("je supervise")
        page.get_by_role("button", name="Ouvrir le dossier").click()
        expect(page.get_by_text("il me frappe")).to_be_visible()
        accessible(page)
    page.get_by_role("link", name="Voir et imprimer").click()
    expect(page.get_by_text("Le programme n’envoie rien.")).to_be_visible()
    accessible(page)


def test_inbox_with_someone_late(site, watch, tab, states):
    """The clock has marked them: one who has waited too long, one who soon will have (from now: made at the start of all these tests)."""
    site.sql("UPDATE coaching_conversation SET due_at = now() + interval '10 minutes' WHERE id = %s", states["soon"]["id"])
    page = tab("Sarah")
    page.goto("/pro/conversations/")
    expect(page.locator(".inbox .late", has_text="Essai late")).to_contain_text("promesse rompue")
    expect(page.locator(".inbox .soon", has_text="Essai soon")).to_be_visible()
    accessible(page)


def test_forms_refused(watch, tab, states):
    """The same pages once something in them is wrong."""
    page = tab()
    page.goto("/parler")
    page.get_by_label("Ton message").fill("   ")
    page.locator("summary").click()
    page.get_by_label("Ta commune").fill("Saint-Nulle-Part")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    accessible(page)
    page.goto("/parler/reprendre")
    page.get_by_label("Ton code de reprise").fill("AAAA")
    page.get_by_role("button", name="Reprendre").click()
    expect(page.get_by_text("Ce code n’ouvre rien.")).to_be_visible()
    accessible(page)
    page = tab(journey=states["waiting"]["cookie"])
    page.goto("/parler/rappel")
    page.locator("input[name=kind][value=email]").check()
    page.get_by_label("Ton e-mail ou ton numéro").fill("rien")
    page.get_by_role("button", name="Recontactez-moi").click()
    expect(page.get_by_text("Cet e-mail n’a pas la bonne forme.")).to_be_visible()
    accessible(page)


def test_line_closed(site, watch, tab, states):
    """Out of hours: when the line opens, and how to be called back."""
    site.command("demo", "--door", "--line", "closed")
    try:
        page = tab()
        visit(page, "/parler", 200)
        expect(page.get_by_text("On revient").first).to_be_visible()
        accessible(page)
        fits(page)
        page = tab(journey=states["waiting"]["cookie"])
        visit(page, "/parler", 200)
        expect(page.locator("#attente")).to_contain_text("La ligne ouvre")
        expect(page.locator("#attente").get_by_role("link", name="qu’on te recontacte")).to_be_visible()
        accessible(page)
        fits(page)
    finally:
        site.command("demo", "--door", "--line", "open")


def test_places_of_the_team_on_a_telephone(watch, phone):
    """One button holds the places, help stays beside it; a row of a table says the name of each of its cells."""
    page = phone(role="Hélène")
    page.goto("/pro/equipe/")
    places = page.get_by_role("link", name="Structures")
    expect(places).to_be_hidden()
    expect(page.get_by_role("banner").get_by_role("link", name="Besoin d’aide tout de suite")).to_be_visible()
    named = page.locator("td[data-name]").first
    assert named.evaluate("cell => getComputedStyle(cell, '::before').content === `\"${cell.dataset.name}\"`")
    page.get_by_role("button", name="Menu").press("Enter")
    expect(places).to_be_visible()
    accessible(page)
    page.set_viewport_size(PHONE)
    places.click()
    expect(page).to_have_url(re.compile("/pro/structures/"))


def test_old_tab(watch, person):
    """The page that says so, with the text in it."""
    page = person()
    page.goto("/parler")
    page.get_by_label("Ton message").fill("Un texte auquel je tiens.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Ton texte est ici : copie-le")).to_be_visible()
    accessible(page)
    fits(page)


def test_signing_in(watch, person, states):
    """E-mail and password, then the code of the telephone; then what only a fresh proof opens."""
    page = person()
    page.goto("/compte/login/")
    page.get_by_label("Adresse e-mail").fill(states["regular"]["email"])
    page.get_by_label("Mot de passe").fill("autre chose que le bon")
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    accessible(page)
    sign_in(page, states["regular"])
    expect(page).to_have_url(re.compile("/compte/2fa/authenticate/"))
    accessible(page)
    type_the_code(page, states["regular"])
    expect(page).to_have_url(re.compile("/pro/$"))
    visit(page, "/compte/password/change/", 200)
    accessible(page)
    visit(page, "/compte/2fa/recovery-codes/generate/", 200)
    accessible(page)
    page.locator("main form button[type=submit]").first.click()
    expect(page).to_have_url(re.compile("/compte/2fa/recovery-codes/$"))
    accessible(page)


def test_before_the_second_factor_and_before_the_approval(watch, person, states):
    page = person()
    sign_in(page, states["newcomer"])
    expect(page).to_have_url(re.compile("/compte/2fa/"))
    accessible(page)
    visit(page, "/compte/2fa/totp/activate/", 200)
    accessible(page)
    page = person()
    sign_in(page, states["waiting-account"])
    type_the_code(page, states["waiting-account"])
    expect(page).to_have_url(re.compile("/pro/"))
    expect(page.get_by_role("link", name="Conversations")).to_have_count(0)
    accessible(page)


def sign_in(page: Page, account: dict) -> None:
    page.goto("/compte/login/")
    page.get_by_label("Adresse e-mail").fill(account["email"])
    page.get_by_label("Mot de passe").fill(account["password"])
    page.get_by_role("button", name="Se connecter", exact=True).click()


def type_the_code(page: Page, account: dict) -> None:
    # A code lives 30 seconds: one about to die could be refused.
    if (left := 30 - time.time() % 30) < 4:
        page.wait_for_timeout(left * 1000)
    page.locator("input[name=code]").fill(builders.code(account["secret"]))
    page.locator("main form button[type=submit]").first.click()


# What has an address and is not a page, or is a page seen in a test above rather than in a table.
NOT_PAGES = {
    "look", "logo", "specimen", "robots", "sitemap", "health_ready", "communes", "talk_news", "talk_wait", "desk_news", "inbox_list", "search_suggestions",
    "wall_figures", "alarm_list", "inbound_letter", "own_calendar", "desk_calendar", "orientation_calendar", "partner_link_calendar", "presence", "draft",
    "door_discord", "door_email", "door_sms_secret", "door_sms_signed",
    "studio_progress", "studio_srt", "studio_vtt", "studio_proof", "studio_network_copy", "campaigns:qr", "insights:export", "insights:export_xlsx", "mfa_download_recovery_codes", "mfa_login_webauthn",
}  # fmt: skip
FORMS_ONLY = {
    "open_site", "default_site",
    "close_days", "reopen_days", "studio_send", "studio_piece", "studio_forget", "studio_version",
    "studio_move", "studio_proofread", "studio_mistake", "studio_consent_withdraw", "studio_copy", "studio_copy_down",
    "question_take_back", "moderate_question_do", "moderate_answer_do",
    "keep_story", "react", "choose_tastes", "forget_tastes", "follow_occupation",
    "write", "leave", "claim", "release", "reply", "close", "callback_done", "send_again", "send_ticked", "run_job", "forget_table", "confirm_table", "rehearse_table_again", "look_again", "invite", "add_organisation", "withdraw_invitation",
    "note", "settle", "reassign", "canned_check", "end_absence", "alarm_seen", "staff_situation", "lift_stop", "revoke_check", "appointment_cancel",
    "danger_ajouter", "danger_close", "danger_decider", "danger_relire", "danger_transmis",
    "decide_on_offer", "approve_account", "change_roles", "deactivate_account", "reopen_account", "confirm_right", "drop_right",
}  # fmt: skip
# « report_answer » is the page of « report_question » about another text; « canned_reply », « desk_team », « line_settings », « force_line » and
# « give_load » show the forms of « new_canned_reply », « new_desk_team » and the wall; « why » and « danger_why » stand before other pages; « danger_open » opens from a desk.
ELSEWHERE = {"report_answer", "canned_reply", "desk_team", "line_settings", "force_line", "give_load", "why", "danger_why", "danger_open", "mfa_authenticate", "mfa_activate_totp", "mfa_view_recovery_codes", "account_change_password"}
# Closed by accounts.middleware, or only with a key that Chromium cannot hold.
UNREACHABLE = {
    "account_email",
    "account_set_password",
    "account_confirm_login_code",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_reauthenticate_webauthn",
}


def test_no_page_is_forgotten(states):
    """A new address is one line in a table above, or here with the reason why not."""
    unknown = "00000000-0000-4000-8000-000000000000"
    seen = set()
    for address in [*PUBLIC, *(address for _, address in TALK), *(address for _, address in STAFF)]:
        path = re.sub(r"{\w+\.(link|follow)}", lambda match: "/pro/invitation/x" if "invitation" in match[0] else "/orientation/x", address)
        path = re.sub(r"{[\w-]+\.(told|news)}", "/nouvelles/x", path)
        path = re.sub(r"{(catalogue|named)\.\w+}", "1", path)
        path = re.sub(r"{[\w-]+\.\w+}", unknown, path).partition("?")[0]
        if path != "/nulle-part":
            seen.add(resolve(path).view_name)
    names = {name for name in every_name(get_resolver()) if not name.startswith("api:")}
    assert names - seen - NOT_PAGES - FORMS_ONLY - ELSEWHERE - UNREACHABLE == set()


def every_name(resolver, prefix: str = ""):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from every_name(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield prefix + pattern.name
