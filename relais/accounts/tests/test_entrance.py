"""Coming in: password, second factor, approval; and being shown out."""

import ast
import os
import re
import subprocess
import sys
import time
from base64 import b64decode

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from relais.accounts.middleware import CLOSED, ENROLMENT, ENTRANCE, PROOF
from relais.accounts.models import AccessRecord
from relais.accounts.second_factor import authenticator, new_secret
from relais.accounts.services import deactivate_account
from relais.foundation.models import Outbound
from tests import builders

PASSWORD = "une phrase assez longue 42"


@pytest.fixture(autouse=True)
def fresh_limits(db, settings):
    settings.MFA_ADAPTER = "relais.accounts.adapter.MFAAdapter"
    cache.clear()


@pytest.fixture
def person(make_user):
    return make_user("mediator", password=PASSWORD, second_factor=False)


def sign_in(client, user, password=PASSWORD, **headers):
    return client.post("/compte/login/", {"login": user.email, "password": password}, **headers)


def test_the_exceptions_are_these_and_no_other():
    assert ENTRANCE == {"mfa_login_webauthn"}
    assert CLOSED == {"account_email", "account_set_password", "account_confirm_login_code"}
    assert ENROLMENT == {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "account_reauthenticate",
        "account_change_password",
    }
    assert PROOF == {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}


def test_first_day_from_password_to_work(client, person):
    """Sign in, add an application, prove it once, see the recovery codes, work."""
    assert sign_in(client, person).headers["Location"] == "/pro/"
    assert client.get("/pro/").headers["Location"] == "/compte/2fa/"
    page = client.get("/compte/2fa/totp/activate/").content.decode()
    secret = re.search(r"Secret\s: <code>(\w+)</code>", page)[1]
    image = b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)[1])
    assert b'xmlns="http://www.w3.org/2000/svg"' in image and b"#fff" in image
    answer = client.post("/compte/2fa/totp/activate/", {"code": builders.code(secret)})
    assert answer.headers["Location"] == "/compte/2fa/recovery-codes/"
    proof = client.get("/compte/2fa/recovery-codes/").headers["Location"]
    assert proof.startswith("/compte/2fa/reauthenticate/?next=")
    answer = client.post(proof, {"code": builders.code(secret), "next": "/compte/2fa/recovery-codes/"})
    assert answer.headers["Location"] == "/compte/2fa/recovery-codes/"
    codes = re.search(r"<pre>([^<]+)</pre>", client.get("/compte/2fa/recovery-codes/").content.decode())[1].split()
    assert len(codes) == 10
    downloaded = client.get("/compte/2fa/recovery-codes/download/")
    assert downloaded.content.decode().split() == codes
    assert client.get("/pro/").status_code == 200


def test_password_then_code(client, person):
    secret = new_secret()
    authenticator(person, secret).save()
    assert secret not in str(Authenticator.objects.get().data), "encrypted"
    assert sign_in(client, person).headers["Location"].startswith("/compte/2fa/authenticate/")
    assert client.get("/pro/").headers["Location"].startswith("/compte/login/")
    page = client.get("/compte/2fa/authenticate/")
    assert page.status_code == 200
    assert "Ce code ne va pas" in client.post("/compte/2fa/authenticate/", {"code": "000000"}).content.decode()
    assert client.post("/compte/2fa/authenticate/", {"code": builders.code(secret)}).status_code == 302
    assert client.get("/pro/").status_code == 200


def test_a_session_older_than_the_second_factor_opens_nothing(client, person):
    """Someone who stole the password before must not profit from the factor that its owner adds after."""
    thief = Client()
    sign_in(thief, person)
    sign_in(client, person)
    authenticator(person).save()
    account = ("2fa/", "2fa/recovery-codes/generate/", "2fa/totp/deactivate/", "2fa/totp/activate/", "password/change/")
    for address in ("/pro/", *(f"/compte/{page}" for page in account)):
        assert thief.get(address).headers["Location"].startswith("/compte/2fa/reauthenticate/"), address
        assert thief.post(address).headers["Location"].startswith("/compte/2fa/reauthenticate/"), address


def test_taking_the_last_factor_away_leads_back_to_enrolment(client_for, make_user):
    user = make_user("mediator")
    client = client_for(user)
    assert client.post("/compte/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.filter(user=user).exists()
    assert client.get("/pro/").headers["Location"] == "/compte/2fa/"


def test_an_unapproved_account_sees_one_page(client_for, make_user):
    client = client_for(make_user("administrator", approved=False))
    for address in ("/pro/", "/pro/equipe/", "/compte/2fa/", "/compte/password/change/"):
        page = client.get(address)
        assert page.status_code == 403
        assert "attend l’accord d’une seconde personne" in page.content.decode()
    assert client.post("/compte/logout/").status_code == 302
    assert client.get("/pro/").headers["Location"].startswith("/compte/login/")


def test_a_deactivated_account_is_out_at_its_next_request(client_for, people, now):
    client = client_for(people["mediator"])
    assert client.get("/pro/").status_code == 200
    deactivate_account(actor=people["administrator"], user_id=people["mediator"].pk, now=now)
    assert client.get("/pro/").headers["Location"] == "/compte/login/?next=/pro/"
    assert "_auth_user_id" not in client.session
    assert AccessRecord.objects.filter(action="deactivate", subject=str(people["mediator"].pk)).exists()


def test_a_deactivated_account_cannot_sign_in(client, person):
    person.is_active = False
    person.save()
    assert sign_in(client, person).headers["Location"] == "/compte/inactive/"
    assert "est fermé" in client.get("/compte/inactive/").content.decode()


def test_nobody_signs_up(client):
    assert "commence par une invitation" in client.get("/compte/signup/").content.decode()
    answer = client.post("/compte/signup/", {"email": "a@exemple.fr", "password1": PASSWORD})
    assert answer.status_code == 200
    assert not EmailAddress.objects.filter(email="a@exemple.fr").exists()


def bare(response) -> bytes:
    return re.sub(rb'value="[^"]*"', b"", response.content)


def test_known_and_unknown_addresses_get_the_same_answer(person):
    visitors = ((Client(), person.email), (Client(), "x@y.fr"))
    wrong = [client.post("/compte/login/", {"login": email, "password": "non"}) for client, email in visitors]
    assert wrong[0].status_code == wrong[1].status_code == 200
    assert bare(wrong[0]) == bare(wrong[1])
    asked = [client.post("/compte/password/reset/", {"email": email}, follow=True) for client, email in visitors]
    assert bare(asked[0]) == bare(asked[1])
    letters = {letter.payload["to"]: letter.payload for letter in Outbound.objects.all()}
    assert "/compte/password/reset/key/" in letters[person.email]["text"]
    assert "Il n’y a pas de compte" in letters["x@y.fr"]["text"]


def test_known_and_unknown_addresses_take_the_same_time(person, monkeypatch):
    """Processor time, which other programs do not disturb; the best of several rounds."""
    monkeypatch.setattr("allauth.account.app_settings.AppSettings.RATE_LIMITS", {})
    best = {person.email: 9.0, "personne@exemple.fr": 9.0}
    for _ in range(8):
        for email in best:
            begun = time.process_time()
            Client().post("/compte/login/", {"login": email, "password": "non"})
            best[email] = min(best[email], time.process_time() - begun)
    known, unknown = best.values()
    assert abs(known - unknown) < 0.3 * known, best


def test_a_new_password_by_letter_closes_the_other_sessions(client_for, person):
    authenticator(person).save()
    elsewhere = client_for(person)
    assert elsewhere.get("/pro/").status_code == 200
    here = Client()
    here.post("/compte/password/reset/", {"email": person.email})
    link = re.search(r"http\S+", Outbound.objects.get().payload["text"])[0]
    form = here.get(link.replace("http://testserver", ""), follow=True)
    assert "Choisir un mot de passe" in form.content.decode()
    address = form.redirect_chain[-1][0]
    new = "une autre phrase longue 43"
    assert "Ce lien ne sert plus" in here.get("/compte/password/reset/key/0-x/").content.decode()
    form = here.get(link.replace("http://testserver", ""), follow=True)
    done = here.post(address, {"password1": new, "password2": new}, follow=True)
    assert "Votre mot de passe a changé" in done.content.decode()
    assert "Votre mot de passe a changé" in {letter.payload["subject"] for letter in Outbound.objects.all()}
    assert elsewhere.get("/pro/").headers["Location"].startswith("/compte/login/")
    assert "Ce lien ne sert plus" in Client().get(link.replace("http://testserver", ""), follow=True).content.decode()


def test_passwords_are_long(client_for, person):
    client = client_for(person)
    short = {"oldpassword": PASSWORD, "password1": "court", "password2": "court"}
    assert "15 caractères" in client.post("/compte/password/change/", short).content.decode()


def test_guessing_is_slowed_down_and_no_address_is_kept(person):
    answers = [sign_in(Client(), person, password="non", REMOTE_ADDR="203.0.113.7") for _ in range(7)]
    assert "Trop d’essais" in answers[-1].content.decode()
    # Even the right password waits, here; the limit is by account and by origin.
    assert "Trop d’essais" in sign_in(Client(), person, REMOTE_ADDR="203.0.113.7").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM foundation_cache")
        keys = [key for (key,) in cursor.fetchall()]
    assert any(":ip:" in key for key in keys)
    assert not any("203.0.113" in key or person.email in key for key in keys)


def test_many_accounts_from_one_origin_are_slowed_down_too(db):
    forms = [{"login": f"p{number}@exemple.fr", "password": "non"} for number in range(12)]
    answers = [Client().post("/compte/login/", form, REMOTE_ADDR="203.0.113.8") for form in forms]
    assert "Trop d’essais" not in answers[0].content.decode()
    assert "Trop d’essais" in answers[-1].content.decode()


def test_a_sensitive_form_sent_too_late_asks_for_a_proof_and_keeps_no_address(client_for, make_user):
    client = client_for(make_user("mediator"))
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    answer = client.post("/compte/2fa/recovery-codes/generate/", {"secret": "x"})
    assert answer.headers["Location"].startswith("/compte/2fa/reauthenticate/?next=")
    assert "account_reauthentication_state" not in client.session
    assert client.get(answer.headers["Location"]).status_code == 200


def test_a_password_seen_once_does_not_give_the_second_factor_away(client_for, person):
    """At a desk left open, proven an hour ago and looked at since: nothing sensitive opens by the password, on any way."""
    authenticator(person).save()
    client = client_for(person)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    typed = client.post("/compte/reauthenticate/?next=/compte/2fa/totp/deactivate/", {"password": PASSWORD})
    assert typed.headers["Location"] == "/compte/2fa/reauthenticate/?next=/compte/2fa/totp/deactivate/"
    page = client.get(typed.headers["Location"])
    assert page.status_code == 200 and "mot de passe" not in page.text
    for address in ("2fa/totp/deactivate/", "2fa/recovery-codes/generate/", "2fa/webauthn/add/"):
        for ask in (client.get, client.post):
            assert ask(f"/compte/{address}").headers["Location"].startswith("/compte/2fa/reauthenticate/"), address
    assert Authenticator.objects.filter(user=person).exists()


def test_before_a_second_factor_is_set_the_password_is_the_proof(client, person):
    sign_in(client, person)
    assert client.get("/compte/reauthenticate/").status_code == 200
    answer = client.post("/compte/reauthenticate/", {"password": PASSWORD, "next": "/compte/2fa/totp/activate/"})
    assert answer.headers["Location"] == "/compte/2fa/totp/activate/"


def test_each_change_of_what_protects_an_account_is_told_to_its_owner(
    client, person, django_capture_on_commit_callbacks
):
    """By the pages; and no letter holds anything that opens it."""
    secrets, told = [PASSWORD], []

    def does(address, fields):
        before = set(Outbound.objects.values_list("pk", flat=True))
        with django_capture_on_commit_callbacks(execute=True):
            assert client.post(f"/compte/{address}", fields).status_code == 302, address
        letters = Outbound.objects.exclude(pk__in=before)
        assert [letter.payload["to"] for letter in letters] == [person.email] * len(letters)
        told.extend(str(letter.payload) for letter in letters)
        return sorted(letter.payload["subject"] for letter in letters)

    sign_in(client, person)
    secrets.append(re.search(r"Secret\s: <code>(\w+)</code>", client.get("/compte/2fa/totp/activate/").text)[1])
    assert "Application de codes ajoutée" in does("2fa/totp/activate/", {"code": builders.code(secrets[1])})
    cache.clear()
    does("2fa/reauthenticate/", {"code": builders.code(secrets[1]), "next": "/compte/2fa/"})
    assert does("2fa/recovery-codes/generate/", {}) == ["Nouveaux codes de secours"]
    secrets += re.search(r"<pre>([^<]+)</pre>", client.get("/compte/2fa/recovery-codes/").text)[1].split()
    key = Authenticator.objects.create(user=person, type="webauthn", data={"name": "clé", "credential": {}})
    assert does(reverse("mfa_remove_webauthn", args=[key.pk]).removeprefix("/compte/"), {}) == ["Clé d’accès retirée"]
    assert does("2fa/totp/deactivate/", {}) == ["Application de codes retirée"]
    secrets.append("une autre phrase longue 43")
    new = {"oldpassword": PASSWORD, "password1": secrets[-1], "password2": secrets[-1]}
    assert does("password/change/", new) == ["Votre mot de passe a changé"]
    assert len(told) >= 5 and not any(secret in letter for secret in secrets for letter in told)


def test_cookies(client, person):
    sign_in(client, person)
    cookie = client.cookies["session"]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert not cookie["max-age"], "ends with the browser"
    client.get("/compte/login/")
    assert client.cookies["csrf"]["httponly"]


def test_cookies_of_a_real_site(tmp_path):
    """In production cookies are bound to this very host, over TLS, and scripts cannot read them."""
    given = {
        "SECRET_KEY": "".join(map(chr, range(40, 100))),
        "ALLOWED_HOSTS": "relais.exemple.fr",
        "EMAIL_URL": "smtp://localhost",
    }
    given |= {"DEBUG": "0", "RELAIS_DATA": str(tmp_path)}
    program = "from config import settings as s; print({name: getattr(s, name) for name in dir(s) if 'COOKIE' in name})"
    ran = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | given, capture_output=True, text=True, check=True
    )
    cookies = ast.literal_eval(ran.stdout)
    assert [cookies[f"{name}_COOKIE_NAME"] for name in ("SESSION", "CSRF", "JOURNEY")] == [
        "__Host-session",
        "__Host-csrf",
        "__Host-parcours",
    ]
    assert cookies["SESSION_COOKIE_SECURE"] and cookies["CSRF_COOKIE_SECURE"] and cookies["CSRF_COOKIE_HTTPONLY"]
    assert cookies["SESSION_COOKIE_SAMESITE"] == "Lax" and cookies["SESSION_COOKIE_AGE"] <= 12 * 3600
