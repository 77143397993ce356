"""Several host names on one installation: each says its own words, and is changed by its own administrators only."""

import re
from email.utils import parseaddr
from io import BytesIO

import pytest
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from relais.accounts import sites as services
from relais.accounts.forms_sites import LONGEST_HOST, OpenSiteForm
from relais.accounts.models import AccessRecord, Organisation, Site
from relais.accounts.services import invite
from relais.channels.email import transport
from relais.channels.sms.segment import one_segment
from relais.foundation import codes, meanwhile, sites
from relais.foundation.models import Outbound
from relais.foundation.outbox import send_due

pytestmark = pytest.mark.django_db
HERE, THERE = "national.exemple.invalid", "parcours.exemple.invalid"


@pytest.fixture
def loiret(db):
    return Organisation.objects.create(name="Département du Loiret", kind="operator")


@pytest.fixture
def two(people, loiret):
    """The site of the team that runs the installation, by default, and that of a département."""
    team = people["administrator"].memberships.get().organisation
    found = {
        HERE: Site.objects.create(organisation=team, host=HERE, is_default=True, name="Relais national"),
        THERE: Site.objects.create(
            organisation=loiret,
            host=THERE,
            name="Parcours 45",
            sender_name="L’équipe du 45",
            reply_address="ecrire@loiret.exemple.invalid",
        ),
    }
    sites.refresh()
    return found


@pytest.fixture
def elsewhere(make_user, loiret):
    """An administrator of the département, which does not run the installation."""
    return make_user("administrator", organisation=loiret)


def at(client, host, address="/mentions-legales"):
    return client.get(address, headers={"host": host})


def fields(site, **changed):
    """The form as a page shows it now, and what is typed in it."""
    site = Site.objects.get(pk=site.pk)
    return (
        {name: getattr(site, name) for name in services.CHANGED}
        | {"seen": meanwhile.fingerprint(services.told(site))}
        | changed
    )


def test_without_a_site_everything_is_as_the_code_says(client):
    page = client.get("/mentions-legales").content.decode()
    assert "<title>Mentions légales · Relais</title>" in page and "/apparence/" not in page
    assert sites.absolute("/aide") == settings.SITE_URL + "/aide"


def test_each_host_says_its_own_name_in_title_header_and_map(client, two):
    for host, site in two.items():
        page = at(client, host).content.decode()
        assert f"<title>Mentions légales · {site.name}</title>" in page and f">{site.name}</a>" in page
        assert not any(other.name in page for other in two.values() if other != site)
        assert f"http://{host}:8000/aide" in at(client, host, "/sitemap.xml").content.decode()
        assert f"Sitemap: http://{host}:8000/sitemap.xml" in at(client, host, "/robots.txt").content.decode()
    # A name of the settings without a row shows the default one.
    assert "· Relais national</title>" in at(client, "localhost").content.decode()


@pytest.mark.parametrize(
    "host",
    [
        "evil.invalid",
        f"{THERE}.evil.invalid",
        f"x.{THERE}",
        f"{THERE}@evil.invalid",
        f"{THERE}:80:80",
        f"{THERE}/x",
        f"{THERE}, evil.invalid",
        f"evil.invalid#{THERE}",
        "[::2]",
    ],
)
def test_a_host_that_is_nobodys_is_refused(client, two, host):
    assert not sites.answers_to(host)
    assert at(client, host).status_code == 400


@pytest.mark.parametrize("host", [THERE, THERE.upper(), f"{THERE}:8443", f"{THERE}."])
def test_a_host_of_the_table_is_answered_however_it_is_written(client, two, host):
    assert sites.answers_to(host)
    assert "Parcours 45" in at(client, host).content.decode()


def test_a_page_reads_no_site_from_the_database(client, two, django_assert_num_queries):
    with django_assert_num_queries(0):
        at(client, THERE)
        at(client, "evil.invalid")


def test_links_and_letters_are_those_of_the_organisation(two, people, loiret, now):
    invite(actor=people["administrator"], email="une@exemple.invalid", organisation=loiret, role="mediator", now=now)
    invite(
        actor=people["administrator"],
        email="autre@exemple.invalid",
        organisation=two[HERE].organisation,
        role="mediator",
        now=now,
    )
    there, here = sorted(Outbound.objects.all(), key=lambda row: row.payload["to"], reverse=True)
    assert (
        f"http://{THERE}:8000/pro/invitation/" in there.payload["text"]
        and "rejoindre Parcours 45 (" in there.payload["text"]
    )
    assert (
        f"http://{HERE}:8000/pro/invitation/" in here.payload["text"] and "Relais national" in here.payload["subject"]
    )
    assert (
        sites.absolute("/x", organisation=people["partner"].memberships.get().organisation) == f"http://{HERE}:8000/x"
    ), "the default one"


def test_the_sender_is_named_and_the_address_stays_the_machines(two, people, loiret, now, settings):
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = (
        "django.core.mail.backends.locmem.EmailBackend",
        "Relais <bonjour@relais.invalid>",
    )
    invite(actor=people["administrator"], email="une@exemple.invalid", organisation=loiret, role="mediator", now=now)
    send_due(now, "email")
    (letter,) = mail.outbox
    assert (
        letter.message()["From"].endswith("<bonjour@relais.invalid>") and "bonjour@relais.invalid" in letter.from_email
    )
    assert letter.reply_to == ["ecrire@loiret.exemple.invalid"]
    mail.outbox.clear()
    # What a young person answers is read by the machine, whatever the site asks for.
    transport.send(
        {
            "to": "lou@exemple.invalid",
            "subject": "x",
            "text": "x",
            "owner": loiret.pk,
            "thread": "a" * 32,
            "serial": "0" * 8,
        }
    )
    assert mail.outbox[0].reply_to == [] and mail.outbox[0].message()["From"].endswith("<bonjour@relais.invalid>")


def test_what_an_administrator_changes_is_written_once_and_traced(
    two, elsewhere, client_for, django_capture_on_commit_callbacks
):
    site, client = two[THERE], client_for(elsewhere)
    values = fields(
        site,
        name="Parcours Loiret",
        publisher="Département du Loiret",
        legal_notice="Un.\r\n\r\nDeux <b>.",
        signal="#00A0FF",
        deep="111",
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/pro/site/{site.pk}/", values).status_code == 302
        assert client.post(f"/pro/site/{site.pk}/", fields(Site.objects.get(pk=site.pk))).status_code == 302
    page = at(client, THERE).content.decode()
    assert (
        "Mentions légales · Parcours Loiret" in page
        and "Département du Loiret" in page
        and "<p>Deux &lt;b&gt;.</p>" in page
    )
    (record,) = AccessRecord.objects.filter(kind="site", subject=str(site.pk))
    assert (record.user, record.reason) == (elsewhere, "deep, legal_notice, name, publisher, signal")
    assert (
        "(couleur profonde, autres mentions légales, nom du site, éditeur, couleur vive)"
        in client.get(f"/pro/site/{site.pk}/").content.decode()
    )
    assert 'href="/apparence/00a0ff-111111.css"' in page
    assert (
        "Parcours Loiret" not in at(client, HERE).content.decode()
        and "/apparence/" not in at(client, HERE).content.decode()
    )


def test_what_a_site_closes_does_not_exist_there(
    client, two, elsewhere, client_for, django_capture_on_commit_callbacks
):
    closed = {
        "search": ["/recherche", "/recherche/suggestions?q=a", "/structures/", "/offres/1", "/formations/1"],
        "promise": ["/promesse"],
    }
    before = {address: at(client, THERE, address).status_code for addresses in closed.values() for address in addresses}
    assert before["/recherche"] == before["/structures/"] == before["/promesse"] == 200
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], closed=list(closed)))
    assert answer.status_code == 302
    # Every page that is left leads nowhere that is closed.
    for address in ("/", "/temoignages/", "/metiers/", "/aide", "/mentions-legales", "/parler", "/sitemap.xml"):
        page = at(client, THERE, address)
        assert page.status_code == 200
        assert not re.search(
            r"(?:href|action)=.(?:/recherche|/structures|/promesse)|<loc>[^<]*/(?:recherche|structures|promesse)",
            page.content.decode(),
        ), address
    for addresses in closed.values():
        assert [at(client, THERE, address).status_code for address in addresses] == [404] * len(addresses)
        assert [at(client, HERE, address).status_code for address in addresses] == [
            before[address] for address in addresses
        ]
    assert 'href="/recherche"' in at(client, HERE, "/").content.decode()
    assert (
        client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], closed=["help"])).status_code
        == 422
    )


def test_colours_are_seen_before_they_are_kept_and_refused_with_their_ratio(two, elsewhere, client_for):
    site, client = two[THERE], client_for(elsewhere)
    page = client.post(f"/pro/site/{site.pk}/", fields(site, name="Essai", signal="#00a0ff", deep="#101010", look="1"))
    assert (
        page.status_code == 200
        and "Rien n’est encore enregistré" in page.content.decode()
        and "/pro/site/couleurs/00a0ff-101010.css" in page.content.decode()
    )
    sheet = client.get("/pro/site/couleurs/00a0ff-101010.css").content.decode()
    assert ".scheme-light" in sheet and ".scheme-dark" in sheet and "--signal: #00a0ff;" in sheet
    refused = client.post(f"/pro/site/{site.pk}/", fields(site, signal="#0b5fff", deep="#10122a"))
    said = refused.content.decode()
    assert (
        refused.status_code == 422
        and "il faut 4,5\u00a0: 1" in said
        and "La couleur vive #0b5fff et la couleur profonde #10122a sont trop proches" in said
    )
    for wrong in (
        {"signal": "rouge", "deep": "#111111"},
        {"signal": "#00a0ff", "deep": ""},
        {"signal": "#00a0ff;}", "deep": "#101010"},
    ):
        assert client.post(f"/pro/site/{site.pk}/", fields(site, **wrong)).status_code == 422
    site.refresh_from_db()
    assert (site.name, site.signal) == ("Parcours 45", "")


def test_styles_are_served_for_ever_without_a_cookie_and_only_those_of_a_site(client, two):
    Site.objects.filter(host=THERE).update(signal="#00a0ff", deep="#101010")
    sites.refresh()
    sheet = at(client, THERE, "/apparence/00a0ff-101010.css")
    assert (
        sheet["Content-Type"] == "text/css; charset=utf-8"
        and "immutable" in sheet["Cache-Control"]
        and not sheet.cookies
    )
    assert "--signal: #00a0ff;" in sheet.content.decode() and "prefers-color-scheme: dark" in sheet.content.decode()
    assert at(client, THERE, "/apparence/ffffff-101010.css").status_code == 404
    assert at(client, THERE, "/apparence/maison.css").status_code == 404


def picture(kind="PNG", size=(600, 300), **options):
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def test_a_logo_is_drawn_again_and_shown_on_its_site_only(
    two, elsewhere, client_for, django_capture_on_commit_callbacks
):
    client, address = client_for(elsewhere), f"/pro/site/{two[THERE].pk}/"
    sent = picture("JPEG", exif=b"Exif\0\0II*\0secret")
    before = client.post(
        address, fields(two[THERE], look="1", logo=SimpleUploadedFile("logo.svg", sent))
    ).content.decode()
    assert (
        before.count('src="data:image/webp;base64,') == 2
        and "choisissez-le de nouveau" in before
        and Site.objects.get(pk=two[THERE].pk).logo is None
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(address, fields(two[THERE], logo=SimpleUploadedFile("logo.svg", sent))).status_code == 302
    site = Site.objects.get(pk=two[THERE].pk)
    shown = f"/apparence/{site.logo_version}.webp"
    assert f'src="{shown}"' in at(client, THERE).content.decode() and shown not in at(client, HERE).content.decode()
    answer = at(client, THERE, shown)
    assert (
        answer["Content-Type"] == "image/webp"
        and "immutable" in answer["Cache-Control"]
        and b"secret" not in answer.content
    )
    assert Image.open(BytesIO(answer.content)).size == (256, 128)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, fields(two[THERE], remove_logo="on"))
    assert at(client, THERE, shown).status_code == 404 and "logo" in at(client, THERE).content.decode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "n’est pas une image JPEG, PNG ou WebP",
        ),
        (picture()[:60], "abîmée ou incomplète"),
        (b"\x89PNG" + bytes(901_000), "trop lourd pour un logo"),
        (b"", "Ce fichier est vide"),
    ],
)
def test_a_bad_logo_is_refused_in_words_at_the_top_and_loses_nothing_typed(
    two, elsewhere, client_for, content, sentence
):
    sent = fields(two[THERE], tagline="Une phrase tapée", logo=SimpleUploadedFile("logo.png", content))
    answer = client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page and 'value="Une phrase tapée"' in page
    assert '<a href="#id_logo">' in page[: page.index("<form")] and 'id="id_logo"' in page
    assert Site.objects.get(pk=two[THERE].pk).logo is None


def test_nothing_on_the_page_of_a_site_drops_what_is_typed_there(two, people, client_for):
    page = client_for(people["administrator"]).get(f"/pro/site/{two[THERE].pk}/").content.decode()
    assert page.count("<form") == 1 and page.count(parseaddr(settings.DEFAULT_FROM_EMAIL)[1]) == 2, (
        "once in each specimen"
    )


def test_an_old_page_undoes_nothing_until_it_is_pressed_again(two, elsewhere, make_user, client_for):
    site, address = two[THERE], f"/pro/site/{two[THERE].pk}/"
    mine, other = client_for(elsewhere), client_for(make_user("administrator", organisation=site.organisation))
    old = fields(site, tagline="La mienne")
    assert f'name="seen" value="{old["seen"]}"' in mine.get(address).content.decode()
    assert other.post(address, fields(site, publisher="Autre éditeur", phone="02 38 00 00 00")).status_code == 302
    answer = mine.post(address, old)
    page = answer.content.decode()
    said = page[: page.index("<form")].replace("\u00a0", " ").replace("\u202f", " ")
    assert answer.status_code == 409 and 'value="La mienne"' in page
    assert (
        "éditeur, maintenant « Autre éditeur » ; téléphone, maintenant « 02 38 00 00 00 »" in said
        and "phrase courte, maintenant" not in said
    )
    site.refresh_from_db()
    assert (site.publisher, site.tagline) == ("Autre éditeur", "")
    again = re.search(r'name="seen" value="(\w+)"', page)[1]
    assert mine.post(address, old | {"seen": again}).status_code == 302
    site.refresh_from_db()
    assert (site.publisher, site.tagline) == ("", "La mienne")
    # The same form sent twice is one change: the second says what is there already.
    assert mine.post(address, old | {"seen": again}).status_code == 302


def test_the_history_gives_nobodys_address(two, people, elsewhere, client_for):
    people["administrator"].full_name = ""
    people["administrator"].display_name = ""
    people["administrator"].save()
    for user, phone in ((people["administrator"], "1"), (people["administrator_2"], "2")):
        client_for(user).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], phone=phone))
    page = client_for(elsewhere).get(f"/pro/site/{two[THERE].pk}/").content.decode()
    assert "une personne de l’administration" in page and people["administrator_2"].display_name in page
    assert people["administrator"].email not in page and people["administrator_2"].email not in page


def test_a_logo_changed_meanwhile_is_told_without_its_digest(two, elsewhere, client_for):
    site, client = two[THERE], client_for(elsewhere)
    old = fields(site, name="Autre nom")
    client.post(f"/pro/site/{site.pk}/", fields(site, logo=SimpleUploadedFile("logo.png", picture())))
    page = client.post(f"/pro/site/{site.pk}/", old).content.decode()
    assert "Ce qui a changé\u00a0: logo." in page and Site.objects.get(pk=site.pk).logo is not None


def test_closing_is_asked_first_with_what_it_does(two, people, client_for):
    client, address = client_for(people["administrator"]), f"/pro/site/{two[THERE].pk}/fermer"
    page = client.get(address).content.decode()
    for words in (
        "Plus rien ne répond à",
        "Ce qui reste",
        "Pour le rouvrir",
        "Parcours 45",
        "ecrire@loiret.exemple.invalid",
    ):
        assert words in page, words
    assert f'href="{address}"' in client.get("/pro/site/").content.decode() and Site.objects.filter(host=THERE).exists()
    assert "choisissez-en d’abord un autre" in client.get(f"/pro/site/{two[HERE].pk}/fermer").content.decode()


def test_nobody_sees_the_page_of_somebody_elses_site(two, elsewhere, people, make_user, client_for, now):
    stranger = client_for(make_user("administrator"))
    mine, other = client_for(elsewhere), two[HERE].pk
    for method, path in (("get", ""), ("post", ""), ("post", "par-defaut"), ("get", "fermer"), ("post", "fermer")):
        assert getattr(mine, method)(f"/pro/site/{other}/{path}").status_code == 404, (method, path)
    assert mine.get("/pro/site/")["Location"] == f"/pro/site/{two[THERE].pk}/"
    page = stranger.get("/pro/site/").content.decode()
    assert "n’a pas de site à elle" in page and HERE not in page and THERE not in page
    # Of one's own site, what touches the others is for those who run the installation.
    for path in ("par-defaut", "fermer"):
        assert mine.post(f"/pro/site/{two[THERE].pk}/{path}").status_code == 404
    assert mine.get(f"/pro/site/{two[THERE].pk}/fermer").status_code == 404
    assert (
        mine.post(
            "/pro/site/ouvrir",
            {"organisation": elsewhere.memberships.get().organisation_id, "host": "x.exemple.invalid"},
        ).status_code
        == 404
    )
    assert client_for(people["supervisor"]).get("/pro/site/").status_code == 404
    assert THERE in client_for(people["administrator"]).get("/pro/site/").content.decode()


def test_sites_are_opened_made_default_and_closed_by_who_runs_the_installation(
    people, loiret, client_for, django_capture_on_commit_callbacks
):
    client, team = client_for(people["administrator"]), people["administrator"].memberships.get().organisation

    def post(path, **values):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(f"/pro/site/{path}", values, follow=True)

    for typed in ("https://x.fr", "x.fr:80", "x.fr/chemin", "x y.fr", "-x.fr", "*", ""):
        assert post("ouvrir", organisation=team.pk, host=typed).status_code == 422, typed
    assert post("ouvrir", organisation=team.pk, host=HERE).status_code == 200
    assert post("ouvrir", organisation=loiret.pk, host="Métiers.exemple.invalid.").status_code == 200
    assert "déjà un site" in post("ouvrir", organisation=loiret.pk, host=HERE).content.decode()
    first, second = Site.objects.all()
    assert (first.host, first.is_default, second.host, second.is_default) == (
        HERE,
        True,
        "xn--mtiers-bva.exemple.invalid",
        False,
    )
    assert "C’est le site par défaut" in post(f"{first.pk}/fermer").content.decode()
    post(f"{second.pk}/par-defaut")
    assert sites.absolute("/") == f"http://{second.host}:8000/"
    post(f"{first.pk}/fermer")
    assert list(Site.objects.values_list("host", "is_default")) == [(second.host, True)]
    assert at(client, HERE).status_code == 400
    assert set(AccessRecord.objects.filter(kind="site").values_list("action", flat=True)) == {
        "open-site",
        "default-site",
        "close-site",
    }


def test_the_first_site_of_another_organisation_is_not_the_default_one(
    people, loiret, client, client_for, django_capture_on_commit_callbacks
):
    nadia, team = client_for(people["administrator"]), people["administrator"].memberships.get().organisation
    with django_capture_on_commit_callbacks(execute=True):
        nadia.post("/pro/site/ouvrir", {"organisation": loiret.pk, "host": THERE})
    Site.objects.filter(host=THERE).update(name="Parcours 45")
    sites.refresh()
    assert "Parcours 45" in at(client, THERE).content.decode()
    assert (
        sites.absolute("/aide") == settings.SITE_URL + "/aide"
        and "· Relais</title>" in at(client, "localhost").content.decode()
    )
    assert "Aucun n’est le site par défaut" in nadia.get("/pro/site/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        nadia.post("/pro/site/ouvrir", {"organisation": team.pk, "host": HERE})
    assert list(Site.objects.values_list("host", "is_default")) == [(HERE, True), (THERE, False)]
    assert "Aucun n’est le site par défaut" not in nadia.get("/pro/site/").content.decode()


def test_for_whom_a_site_is_opened_is_said_by_who_opens_it(people, loiret, client_for):
    client = client_for(people["administrator"])
    page = client.get("/pro/site/").content.decode()
    assert '<option value="" selected>Choisir</option>' in page and page.count(" selected") == 1
    answer = client.post("/pro/site/ouvrir", {"organisation": "", "host": HERE})
    assert answer.status_code == 422 and "Dites pour quelle organisation." in answer.content.decode()
    form = OpenSiteForm(organisations=Organisation.objects.filter(pk=loiret.pk))
    assert "Choisir" not in str(form["organisation"]) and "selected" in str(form["organisation"])


def test_the_name_may_not_tell_on_a_telephone_what_it_is_about(two, elsewhere, client_for):
    answer = client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], name="Suicide écoute"))
    assert answer.status_code == 422 and "part aussi par SMS" in answer.content.decode()


@pytest.mark.parametrize(
    ("host", "ok"),
    [
        ("a" * 45 + ".invalid.fr"[:10], True),
        ("a" * 46 + ".invalid.fr"[:10], False),
        ("sante.exemple.fr", False),
        ("psy-ecoute.fr", False),
    ],
)
def test_a_host_fits_in_an_sms_and_tells_nothing_there(people, host, ok):
    form = OpenSiteForm(
        {"host": host, "organisation": people["mediator"].memberships.get().organisation_id},
        organisations=Organisation.objects.all(),
    )
    assert form.is_valid() is ok and ("SMS" in str(form.errors)) is not ok


@pytest.mark.parametrize(("name", "status"), [("N" * 40, 302), ("[" * 20, 302), ("[" * 21, 422)])
def test_the_longest_name_and_host_leave_room_for_a_sentence_and_a_link(two, elsewhere, client_for, name, status):
    assert (
        client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], name=name)).status_code == status
    )
    if status == 302:
        one_segment(f"{name} : une question pour toi. https://{'h' * LONGEST_HOST}/nouvelles/{codes.readable(12)}")


def test_there_is_one_default_and_a_host_is_written_one_way(two, loiret):
    for values in (
        {"host": "b.invalid", "is_default": True},
        {"host": "B.invalid"},
        {"host": THERE},
        {"host": ""},
        {"host": "c.invalid", "signal": "#000000"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Site.objects.create(organisation=loiret, **values)


def test_the_first_site_begins_with_what_the_file_says(people, now, monkeypatch, tmp_path):
    from relais.accounts import operator

    file = tmp_path / "operator.toml"
    file.write_text(
        operator.FILE.read_text()
        .replace('publisher = ""', 'publisher = "Mairie d’essai"')
        .replace('host = ""', 'host = "Hébergeur d’essai"')
    )
    monkeypatch.setattr(operator, "FILE", file)
    operator.operator.cache_clear()
    try:
        opened = services.open_site(
            actor=people["administrator"],
            organisation=people["administrator"].memberships.get().organisation,
            host=HERE,
            now=now,
        )
    finally:
        operator.operator.cache_clear()
    assert (opened.publisher, opened.hosting, opened.name, opened.is_default) == (
        "Mairie d’essai",
        "Hébergeur d’essai",
        "Relais",
        True,
    )


def test_pages_elsewhere_are_linked_at_the_foot_of_ones_own_site(two, elsewhere, client, client_for):
    theirs = "https://www.instagram.com/loiret"
    site = two[THERE]
    answer = client_for(elsewhere).post(f"/pro/site/{site.pk}/", fields(site, instagram=theirs))
    assert answer.status_code == 302
    sites.refresh()
    foot = {host: at(client, host).text for host in two}
    assert f'<a href="{theirs}" rel="me noopener noreferrer">Instagram</a>' in foot.pop(THERE)
    assert not any("sur les réseaux" in page for page in foot.values())


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("instagram", "https://instagram.com.exemple.invalid/loiret"),
        ("instagram", "https://exemple.invalid/instagram.com"),
        ("instagram", "https://www.instagram.com@exemple.invalid/"),
        ("tiktok", "https://www.youtube.com/@loiret"),
        ("youtube", "http://www.youtube.com/@loiret"),
        ("youtube", "javascript:alert(1)"),
        ("youtube", "https://[youtube.com/"),
    ],
)
def test_a_link_that_bears_the_name_of_a_network_leads_there(two, elsewhere, client_for, name, address):
    site = two[THERE]
    answer = client_for(elsewhere).post(f"/pro/site/{site.pk}/", fields(site, **{name: address}))
    assert answer.status_code == 422 and "pas une adresse de ce réseau" in answer.text
