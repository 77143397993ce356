"""A session that nobody looked at for five minutes shows nothing, on any door, until its holder proves again who they are."""

from datetime import timedelta

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import resolve, reverse

from relais.accounts import lock
from relais.accounts.models import OpenSession
from relais.accounts.second_factor import authenticator, new_secret
from relais.accounts.sessions import at_work, still_at_work
from relais.accounts.tasks import end_streams_of_locked_sessions
from tests import builders
from tests.site_forms import site_forms

LONG = lock.LIMIT + timedelta(seconds=1)
NOT_SO_LONG = lock.LIMIT / 2


@pytest.fixture
def mediator(people):
    return people["mediator"]


def cookies(browser):
    return {name: morsel.value for name, morsel in browser.cookies.items()}


def row_of(browser):
    return OpenSession.objects.get(session=browser.cookies[settings.SESSION_COOKIE_NAME].value)


def test_a_page_asks_for_the_second_factor_and_leads_back(mediator):
    answer = builders.unseen_client(mediator, since=LONG).get("/pro/conversations/?voir=miennes")
    assert answer.status_code == 302
    assert answer["Location"] == "/compte/2fa/reauthenticate/?next=%2Fpro%2Fconversations%2F%3Fvoir%3Dmiennes"
    page = builders.unseen_client(mediator, since=LONG).get(answer["Location"])
    assert page.status_code == 200
    assert "Session verrouillée" in page.text
    assert 'href="/pro/conversations/"' not in page.text, "nothing of what waits behind"
    assert "lock.js" not in page.text, "where one proves who one is, no page covers itself"


@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"Sec-Fetch-Mode": "cors"}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_a_page_asks_by_itself_is_refused_in_words(mediator, headers, method):
    browser = builders.unseen_client(mediator, since=LONG)
    for address in ("/pro/ici", "/pro/conversations/liste", "/pro/conversations/presence", "/pro/attente"):
        answer = getattr(browser, method)(address, headers=headers)
        if answer.status_code != 404:
            assert answer.status_code == 401, address
            assert answer.json()["error"] == lock.SENTENCE
            assert [way["id"] for way in answer.json()["ways"]] == ["mfa_reauthenticate"]


def test_nothing_opens_before_the_proof_but_help_and_the_way_out(mediator):
    browser = builders.unseen_client(mediator, since=LONG)
    for address in (
        "/pro/",
        "/pro/appareils/",
        "/compte/2fa/",
        "/compte/2fa/recovery-codes/",
        "/compte/password/change/",
    ):
        assert browser.get(address)["Location"].startswith("/compte/2fa/reauthenticate/"), address
    assert browser.get("/compte/reauthenticate/")["Location"].startswith("/compte/2fa/reauthenticate/"), "no password"
    assert browser.get("/aide").status_code == 200
    browser.post("/compte/logout/")
    assert browser.get("/pro/")["Location"].startswith("/compte/login/")


@pytest.mark.parametrize(("since", "opens"), [(NOT_SO_LONG, True), (LONG, False)])
def test_looking_keeps_it_open(mediator, now, since, opens):
    browser = builders.unseen_client(mediator, since=since)
    assert (browser.get("/pro/").status_code == 200) == opens
    assert (row_of(browser).seen_at >= now) == opens


def test_the_limit_itself(mediator, rf, now):
    request = rf.get("/")
    browser = builders.unseen_client(mediator, since=timedelta(hours=1))
    request.user, request.session = mediator, browser.session
    OpenSession.objects.update(seen_at=now)
    second = timedelta(seconds=1)
    found = [lock.is_locked(request, now=now + lock.LIMIT + moment) for moment in (-second, 0 * second, second)]
    assert found == [False, True, True]


def test_the_proof_opens_it_and_a_wrong_one_does_not(mediator):
    secret = new_secret()
    Authenticator.objects.filter(user=mediator).delete()
    authenticator(mediator, secret).save()
    browser = builders.unseen_client(mediator, since=LONG)
    way = f"{reverse('mfa_reauthenticate')}?next=/pro/"
    assert browser.post(way, {"code": "000000"}).status_code == 200
    assert browser.get("/pro/").status_code == 302
    assert browser.post(way, {"code": builders.code(secret)})["Location"] == "/pro/"
    assert browser.get("/pro/").status_code == 200
    assert browser.get("/pro/ici", headers={"Accept": "application/json"}).status_code == 204


def test_what_was_sent_is_not_done_and_is_sent_again_from_the_page_that_says_so(mediator):
    browser = builders.unseen_client(mediator, since=LONG)
    page = browser.post("/pro/conversations/refus", {"contact": "lea@exemple.invalid", "mots": "un\ndeux <b>"})
    if page.status_code == 404:
        page = browser.post("/pro/aller", {"mots": "un\ndeux <b>"})
    assert page.status_code == 401
    assert page["Cache-Control"] == "no-store"
    assert 'name="mots" value="un\ndeux &lt;b&gt;"' in page.text
    assert "?next=%2Fpro%2Fici" in page.text


SECRET_THINGS = [
    ("account_change_password", {"oldpassword": "le-secret", "password1": "un autre"}),
    ("mfa_index", {"x": "le-secret"}),
    ("channel_accounts", {"x": "le-secret"}),
    ("agenda", {"address": "https://agenda.exemple.invalid/private-le-secret/basic.ics"}),
    ("video_patterns", {"address": "le-secret"}),
    ("palette", {"secret": "le-secret", "mots": "x"}),
]


@pytest.mark.parametrize(("name", "fields"), SECRET_THINGS, ids=[name for name, _ in SECRET_THINGS])
def test_no_secret_is_repeated(mediator, name, fields):
    page = builders.unseen_client(mediator, since=LONG).post(reverse(name), fields)
    assert page.status_code == 401
    assert "le-secret" not in page.text


def test_no_field_that_hides_what_is_typed_is_repeated(rf):
    """Of every form of the site, wherever its page is; those of the accounts of channels are never repeated, whatever they name « key »."""
    known = (form for form in site_forms() if form.__module__ != "relais.accounts.forms_providers")
    hiding = {name for form in known for name, field in form.base_fields.items() if _hides(field)}
    assert {"password", "oldpassword", "secret"} <= hiding
    for name in hiding:
        request = rf.post("/pro/aller", {name: "le-secret", "mots": "x"})
        request.resolver_match = resolve("/pro/aller")
        assert lock._repeated(request) == [], name
    request = rf.post("/pro/aller", {"mots": "x"})
    request.resolver_match = resolve("/pro/aller")
    assert lock._repeated(request) == [("mots", "x")]


def _hides(field) -> bool:
    return isinstance(field.widget, forms.PasswordInput)


@pytest.mark.parametrize("address", ["/compte/logout/", "/pro/rien-de-tel", "/rien-de-tel"])
def test_no_menu_is_shown_outside_the_guard_either(mediator, address):
    entry = 'href="/pro/conversations/"'
    assert (entry in builders.client(mediator).get(address).text) == address.startswith(("/compte", "/pro"))
    assert entry not in builders.unseen_client(mediator, since=LONG).get(address).text


def test_a_form_refused_shows_no_menu_either(mediator):
    browser = builders.unseen_client(mediator, since=LONG, enforce_csrf_checks=True)
    page = browser.post("/pro/aller", {"mots": "un"})
    assert page.status_code == 403
    assert 'href="/pro/conversations/"' not in page.text


def test_streams_end_and_keep_nobody_in(mediator, now):
    browser = builders.unseen_client(mediator, since=NOT_SO_LONG)
    user, badge = at_work(cookies(browser))
    assert user == mediator
    assert row_of(browser).seen_at < now - NOT_SO_LONG + timedelta(seconds=60), "a stream is no look"
    assert still_at_work({badge}) == {badge}
    OpenSession.objects.update(seen_at=now - LONG)
    assert still_at_work({badge}) == set()
    assert at_work(cookies(browser)) == (None, None)


def test_files_on_their_way_keep_nobody_in(people):
    manager = people["campaign_manager"]
    browser = builders.unseen_client(manager, since=NOT_SO_LONG)
    before = row_of(browser).seen_at
    browser.get(reverse("studio_piece", args=["00000000-0000-0000-0000-000000000000"]))
    assert row_of(browser).seen_at == before


def test_open_streams_are_told_once(mediator, now, django_capture_on_commit_callbacks):
    browser = builders.unseen_client(mediator, since=LONG)
    assert lock.tell_the_locked(now) == 1
    assert lock.tell_the_locked(now) == 0
    end_streams_of_locked_sessions(now)
    store = browser.session
    store[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": now.timestamp(), "type": "totp"}]
    store.save()
    assert browser.get("/pro/").status_code == 200
    assert row_of(browser).told_at is None, "open again: told again when it locks again"


def test_a_session_that_ended_meanwhile_is_nobodys(mediator, rf, now):
    browser = builders.client(mediator)
    request = rf.get("/")
    request.user, request.session = mediator, browser.session
    Session.objects.all().delete()
    assert lock.is_locked(request, now=now)


def test_the_demonstration_follows_the_same_rule(mediator):
    assert mediator.is_demo
    assert builders.unseen_client(mediator, since=LONG).get("/pro/").status_code == 302


def test_a_page_says_whom_it_is_made_for_and_so_does_the_session(people):
    marks = {}
    for name in ("mediator", "supervisor"):
        browser = builders.client(people[name])
        answer = browser.get("/pro/ici", headers={"Accept": "application/json"})
        marks[name] = answer["X-Who"]
        assert f'data-who="{marks[name]}"' in browser.get("/pro/").text
    assert marks["mediator"] != marks["supervisor"]
    assert people["mediator"].pk.hex not in marks["mediator"]


def test_a_second_factor_that_was_removed_proves_nothing_and_breaks_nothing(mediator):
    """What led to it is asked anew; nothing covers the pages where another one is set."""
    browser = builders.unseen_client(mediator, since=LONG)
    store = browser.session
    own = Authenticator.objects.get(user=mediator)
    store[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": 0, "type": "totp", "id": own.pk}]
    store.save()
    assert browser.get("/compte/2fa/")["Location"].startswith("/compte/2fa/reauthenticate/"), "locked"
    own.delete()
    page = browser.get("/compte/2fa/")
    assert page.status_code == 200 and "lock.js" not in page.text
    assert browser.get("/pro/")["Location"] == "/compte/2fa/"
    authenticator(mediator, new_secret()).save()
    assert browser.get("/pro/")["Location"].startswith("/compte/2fa/reauthenticate/"), "the new one was not shown yet"


def test_where_no_way_is_left_one_signs_in_again(mediator, rf):
    request = rf.get("/pro/")
    browser = builders.client(mediator)
    request.user, request.session = mediator, browser.session
    Authenticator.objects.filter(user=mediator).delete()
    mediator.set_unusable_password()
    assert lock.answer(request)["Location"] == "/compte/login/"
    assert browser.get("/pro/")["Location"].startswith("/compte/login/")
