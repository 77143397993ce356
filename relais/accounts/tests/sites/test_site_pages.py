"""The page of a site: changed by its own administrators only, seen before it is kept, and told afterwards."""

import re
from email.utils import parseaddr

import pytest
from django.conf import settings

from relais.accounts.forms_sites import LONGEST_HOST
from relais.accounts.models import AccessRecord, Site
from relais.channels.sms.segment import one_segment
from relais.foundation import codes, sites

from .hosts import HERE, THERE, at, fields

pytestmark = pytest.mark.django_db


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


def test_the_name_may_not_tell_on_a_telephone_what_it_is_about(two, elsewhere, client_for):
    answer = client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], name="Suicide écoute"))
    assert answer.status_code == 422 and "part aussi par SMS" in answer.content.decode()


@pytest.mark.parametrize(("name", "status"), [("N" * 40, 302), ("[" * 20, 302), ("[" * 21, 422)])
def test_the_longest_name_and_host_leave_room_for_a_sentence_and_a_link(two, elsewhere, client_for, name, status):
    assert (
        client_for(elsewhere).post(f"/pro/site/{two[THERE].pk}/", fields(two[THERE], name=name)).status_code == status
    )
    if status == 302:
        one_segment(f"{name} : une question pour toi. https://{'h' * LONGEST_HOST}/nouvelles/{codes.readable(12)}")


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
