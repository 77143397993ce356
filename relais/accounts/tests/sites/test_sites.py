"""Several host names on one installation: each says its own words, in pages, letters and links; opened and closed by who runs it."""

import pytest
from django.conf import settings
from django.core import mail
from django.db import IntegrityError, transaction

from relais.accounts import sites as services
from relais.accounts.forms_sites import OpenSiteForm
from relais.accounts.models import AccessRecord, Organisation, Site
from relais.accounts.services import invite
from relais.channels.email import transport
from relais.foundation import sites
from relais.foundation.models import Outbound
from relais.foundation.outbox import send_due

from .hosts import HERE, THERE, at

pytestmark = pytest.mark.django_db


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
