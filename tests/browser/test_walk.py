"""The relay, end to end: from a poster to a counted outcome, with several browsers at once; then the same without JavaScript."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

TOUCH = "K7QM3"
# The box of who holds the conversation: before that, it is taken by answering.
CLAIM, REPLY = "form[action$='/prendre']", "form[action$='/repondre']:not(:has([name=take]))"
SUMMARY = "Lou veut découvrir le métier d’éducateur. Cherche un stage."


@dataclass
class Reading:
    """How a page shows what the others did: by itself with JavaScript, when asked again without."""

    live: bool

    def stays(self, page: Page) -> None:
        """From here on the page must not be loaded again."""
        if self.live:
            page.evaluate("window.neverReloaded = true")

    def sees(self, page: Page, text) -> None:
        if not self.live:
            page.get_by_role("link", name="Voir les nouveaux messages").click()
        expect(page.locator("#fil").get_by_text(text)).to_be_visible()
        if self.live:
            assert page.evaluate("window.neverReloaded"), "the page was loaded again"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("live", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_relay(site, person, phone, live):
    reading = Reading(live)
    js = {"java_script_enabled": live}
    sarah, karim, boss = person("Sarah", **js), person("Karim", **js), person("Inès", **js)
    before = figures(boss)
    for mediator in (sarah, karim):
        mediator.goto("/pro/conversations/")
        reading.stays(mediator)

    young = phone(**js)
    from_the_poster_to_the_sheet(young)
    pseudonym = writes(young, f"Loutre {'vive' if live else 'calme'}")

    winner, loser = both_claim(reading, sarah, karim, pseudonym)
    they_talk(reading, young, winner)
    loser.context.close()
    comes_back_elsewhere(young, phone(**js), pseudonym)
    partner_link = hands_over(site, reading, winner, young, boss)
    partner_takes_it(reading, person(**js), partner_link, pseudonym, young)

    after = figures(boss)
    assert after == {slug: count + 1 for slug, count in before.items()}
    recount = site.command("check-figures", check=False)
    assert recount.returncode == 0, recount.stdout + recount.stderr


def from_the_poster_to_the_sheet(young: Page) -> None:
    """Steps 1 and 2: the testimony says whom it shows and what job it is; the sheet says what it takes, and who helps nearby."""
    young.goto(f"/r/{TOUCH}")
    expect(young).to_have_url(re.compile(rf"/temoignages/[a-z-]+\?par={TOUCH}$"))
    expect(young.locator("h1")).to_be_visible()
    assert young.locator("h1 + .lead strong").inner_text().strip(), "nobody is named"
    expect(young.get_by_text("Démonstration : personne fictive")).to_be_visible()
    young.get_by_role("link", name="Voir le métier").click()
    expect(young).to_have_url(re.compile(rf"/metiers/[a-z-]+\?par={TOUCH}$"))
    for fact in ("Pour qui", "Diplôme", "Durée", "Niveau"):
        expect(young.locator(".facts dt", has_text=fact).first).to_be_visible()
    young.get_by_label("Ta commune ou ton code postal").fill("Montargis")
    young.get_by_label("Ta commune ou ton code postal").press("Enter")
    near = young.locator("#pres-de-chez-toi article")
    expect(near.first).to_contain_text("Mission locale Montargis")
    expect(near.nth(1)).to_contain_text(re.compile(r"environ \d+ km"))


def writes(young: Page, pseudonym: str) -> str:
    """Step 3: no account, an honest wait, the help numbers."""
    young.get_by_role("main").get_by_role("link", name="Parler à quelqu’un").last.click()
    expect(young).to_have_url(re.compile(rf"/parler\?par={TOUCH}$"))
    expect(young.get_by_text(re.compile("Réponse promise en 30 minutes"))).to_be_visible()
    for number in ("119", "3114", "15"):
        expect(young.get_by_role("main").get_by_role("link", name=number, exact=True)).to_have_attribute(
            "href", f"tel:{number}"
        )
    young.get_by_label("Ton message").fill("Salut, comment on devient éduc ?")
    young.locator("summary").click()
    young.get_by_label("Ton pseudo").fill(pseudonym)
    young.get_by_label("Ta commune ou ton code postal").fill("Montargis")
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("h1")).to_have_text(f"Salut {pseudonym}")
    expect(young.locator("#attente")).to_contain_text(
        re.compile(
            r"(Le prochain message lu, c’est le tien|Tu es n° \d+ dans la file).*(Réponse promise|on avait promis) avant",
            re.S,
        )
    )
    expect(young.get_by_role("link", name="Besoin d’aide ?").first).to_be_visible()
    return pseudonym


def both_claim(reading: Reading, one: Page, other: Page, pseudonym: str) -> tuple[Page, Page]:
    """Step 4: both see the person arrive, both press at the same instant, exactly one has it. Returns winner and loser."""
    for mediator in (one, other):
        if not reading.live:
            mediator.reload()
        row = mediator.locator(".inbox li", has_text=pseudonym)
        expect(row).to_contain_text("à prendre")
        if reading.live:
            assert mediator.evaluate("window.neverReloaded"), "the inbox was loaded again"
        deadlines_are_in_order(mediator)
        row.get_by_role("link").click()
        expect(mediator.locator("h1")).to_have_text(pseudonym)
    if reading.live:
        instant = one.evaluate("Date.now()") + 700
        for mediator in (one, other):
            mediator.evaluate(
                f'setTimeout(() => document.querySelector("{CLAIM}").requestSubmit(), {instant} - Date.now())'
            )
    else:
        for mediator in (one, other):
            mediator.locator(CLAIM).get_by_role("button").click()
    for mediator in (one, other):
        expect(mediator.locator(f"{REPLY}, .messages")).to_be_visible()
    won = [mediator for mediator in (one, other) if mediator.locator(REPLY).count()]
    assert len(won) == 1, f"{len(won)} mediators have it"
    loser = other if won[0] is one else one
    expect(loser.locator(".messages")).to_have_text(re.compile(r"(Sarah|Karim) a déjà pris cette conversation\."))
    return won[0], loser


def deadlines_are_in_order(mediator: Page) -> None:
    """After those who may be in danger, who is late comes first, then who waits, then the others."""
    order = {"late": 0, "soon": 1, "waiting": 1, "": 2}
    kinds = mediator.locator(".inbox > li").evaluate_all("rows => rows.map(row => row.className)")
    ranks = [order[kind.strip()] for kind in kinds if "alarm" not in kind]
    assert ranks == sorted(ranks), kinds


def they_talk(reading: Reading, young: Page, mediator: Page) -> None:
    for page in (young, mediator):
        reading.stays(page)
    mediator.get_by_label("Votre réponse").fill("Bonjour ! Oui, raconte-moi.")
    mediator.get_by_role("button", name="Répondre").click()
    reading.sees(young, "Bonjour ! Oui, raconte-moi.")
    young.get_by_label("Ton message").fill("Merci ! Je suis en troisième.")
    young.get_by_role("button", name="Envoyer").click()
    reading.sees(young, "Merci ! Je suis en troisième.")
    reading.sees(mediator, "Merci ! Je suis en troisième.")
    assert young.locator("#fil > li .body").all_inner_texts() == mediator.locator("#fil > li .body").all_inner_texts()


def comes_back_elsewhere(young: Page, elsewhere: Page, pseudonym: str) -> None:
    """Step 5: the code, typed in lower case and without its dashes."""
    code = young.locator(".code").inner_text()
    elsewhere.goto("/")
    elsewhere.get_by_role("link", name="J’ai un code de reprise").first.click()
    elsewhere.get_by_label("Ton code de reprise").fill(code.lower().replace("-", " "))
    elsewhere.get_by_role("button", name="Reprendre").click()
    expect(elsewhere.locator("h1")).to_have_text(f"Salut {pseudonym}")
    expect(elsewhere.get_by_text("Bonjour ! Oui, raconte-moi.")).to_be_visible()


def hands_over(site, reading: Reading, mediator: Page, young: Page, reader: Page) -> str:
    """Step 6, our side: nearest structure, the person's agreement on record, the letter. Returns the partner's link."""
    # Those of the conversations made for other tests leave when the worker comes to them.
    for _ in range(240):
        if not site.sql(
            "SELECT 1 FROM foundation_outbound WHERE key LIKE 'handover:%%' AND state IN ('waiting', 'sending')"
        ):
            break
        reader.wait_for_timeout(250)
    known = set(partner_links(reader))
    says_their_age(reading, mediator, young)
    mediator.get_by_role("link", name="Passer le relais").click()
    choices = mediator.locator("label:has(input[name=structure])")
    expect(choices.first).to_contain_text("Mission locale Montargis")
    distances = [
        int(found[1]) if (found := re.search(r"(\d+)\s*km", text)) else 0 for text in choices.all_inner_texts()
    ]
    assert distances == sorted(distances) and distances[0] == 0 < distances[1]
    choices.first.click()
    mediator.get_by_label("Ce qui sera transmis").fill(SUMMARY)
    mediator.get_by_role("button", name="Proposer à la personne").click()
    expect(mediator.get_by_text("Rien ne part avant l’accord de la personne.")).to_be_visible()

    reading.sees(young, "Je te propose de te mettre en lien avec la mission locale de Montargis.")
    young.get_by_role("link", name="Lire et décider").first.click()
    expect(young.get_by_text(SUMMARY)).to_be_visible()
    young.get_by_label("Ton prénom").fill("Lou")
    assert set(partner_links(reader)) == known, "a letter left before the agreement"
    young.get_by_role("button", name="Oui, je suis d’accord").click()
    expect(young.locator("h1")).to_have_text("Ton reçu.")
    expect(young.get_by_role("main")).to_contain_text(SUMMARY)
    young.get_by_role("link", name="Revenir à la conversation").click()
    expect(young.locator("#fil").get_by_text("Tu es d’accord.")).to_be_visible()
    expect(young.locator("#fil").get_by_text(f"Transmis, mot pour mot : « {SUMMARY} »")).to_be_visible()
    for _ in range(240):
        if new := set(partner_links(reader)) - known:
            return new.pop()
        reader.wait_for_timeout(250)
    raise AssertionError("no letter came in a minute")


def says_their_age(reading: Reading, mediator: Page, young: Page) -> None:
    """Without an age nothing can be proposed: it is asked in one press, said in one press."""
    mediator.get_by_role("link", name="Passer le relais").click()
    expect(mediator.get_by_role("main")).to_contain_text("Âge non dit : rien ne part vers une structure.")
    expect(mediator.get_by_role("button", name="Proposer à la personne")).to_have_count(0)
    mediator.get_by_role("button", name="Lui demander son âge").click()
    expect(mediator.get_by_text("Demandé. La personne répond d’une pression")).to_be_visible()
    reading.sees(young, re.compile("Quel âge as-tu ?"))
    young.get_by_role("link", name="Dire mon âge").click()
    young.get_by_role("button", name="15 à 17 ans").click()
    expect(young.locator("h1")).to_have_text(re.compile("Salut "))
    expect(young.get_by_role("link", name="Dire mon âge")).to_have_count(0)
    reading.stays(young)


def partner_links(reader: Page) -> list[str]:
    reader.goto("/demo/courrier")
    return reader.locator(
        "article:has(h2:text-is('Une demande vous est adressée')) a[href*='/orientation/']"
    ).evaluate_all("links => links.map(link => link.getAttribute('href'))")


def partner_takes_it(reading: Reading, partner: Page, address: str, pseudonym: str, young: Page) -> None:
    """Step 6, the partner's side: only what was agreed is shown; accepted, then the outcome."""
    reading.stays(young)
    partner.goto(address)
    main = partner.get_by_role("main")
    expect(main).not_to_contain_text(pseudonym)
    partner.get_by_role("button", name="Lire la demande").click()
    for shown in (pseudonym, "Lou", "Montargis", SUMMARY):
        expect(main).to_contain_text(shown)
    for hidden in ("Salut, comment on devient éduc ?", "raconte-moi", "en troisième"):
        expect(main).not_to_contain_text(hidden)
    partner.get_by_role("button", name="J’accepte cette demande").click()
    expect(partner.locator("h1")).to_have_text("Demande acceptée")
    partner.get_by_label("Formation qualifiante", exact=True).check()
    partner.get_by_role("button", name="Noter la suite").click()
    expect(main).to_contain_text("Dernière suite notée : Formation qualifiante")
    reading.sees(young, "La mission locale de Montargis a accepté ta demande")
    expect(
        young.locator("#fil").get_by_text("nous a donné des nouvelles : tu es en formation pour un métier")
    ).to_be_visible()


def figures(boss: Page) -> dict[str, int]:
    """Step 7: what the funnel says of this touch; each figure opens its definition and what it is counted from."""
    counted = {}
    boss.goto("/pro/entonnoir/")
    for slug in ("followed", "opened", "answered", "within-30", "handed-over", "accepted", "outcome", "placed"):
        boss.locator(f"a[href*='/entonnoir/{slug}/?contact={TOUCH}']").first.click()
        expect(boss.get_by_text("Ce que ce chiffre compte")).to_be_visible()
        words = boss.locator(".facts dt", has_text="Numérateur").locator("xpath=..").locator("dd").inner_text()
        counted[slug] = int(re.sub(r"\D", "", words))
        if slug not in ("followed", "opened"):
            for part in ("Dénominateur", "Manquants"):
                expect(boss.locator(".facts dt", has_text=part)).to_be_visible()
        boss.get_by_role("link", name="Entonnoir").last.click()
    return counted
