"""A follow is written before it is answered; previews, prefetches and robots are not people."""

import asyncio

import pytest
from django.utils import timezone

from relais.accounts.models import Organisation
from relais.campaigns.follow import Follows, is_a_person
from relais.campaigns.models import Touch
from relais.foundation.models import EventRecord

PHONE = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 musical_ly_36.0 BytedanceWebview"


@pytest.mark.parametrize(
    "agent",
    [
        b"facebookexternalhit/1.1",
        b"WhatsApp/2.23.20.0",
        b"TelegramBot (like TwitterBot)",
        b"Slackbot-LinkExpanding 1.0",
        b"Mozilla/5.0 (compatible; Discordbot/2.0)",
        b"Mozilla/5.0 (compatible; Bytespider)",
        b"Mozilla/5.0 (compatible; Googlebot/2.1)",
        b"LinkedInBot/1.0",
        b"curl/8.5.0",
        b"python-requests/2.32",
        b"",
    ],
)
def test_programs_that_open_links_by_themselves_are_not_people(agent):
    assert not is_a_person("GET", [(b"user-agent", agent)])


@pytest.mark.parametrize(
    "header",
    [
        (b"sec-purpose", b"prefetch;prerender"),
        (b"purpose", b"prefetch"),
        (b"x-moz", b"prefetch"),
        (b"x-purpose", b"preview"),
    ],
)
def test_a_prefetch_is_not_a_visit(header):
    assert not is_a_person("GET", [(b"user-agent", PHONE), header])


@pytest.mark.parametrize(
    "agent",
    [
        PHONE,
        b"Mozilla/5.0 (Linux; Android 14) Instagram 350.0",
        b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0",
    ],
)
def test_people_in_the_browsers_of_networks_are_people(agent):
    assert is_a_person("GET", [(b"user-agent", agent)])
    assert not is_a_person("HEAD", [(b"user-agent", agent)])


async def otherwise(scope, receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def ask(*requests):
    """Each request is (path, method, agent); returns (status, location) of each, all asked at once."""

    async def one(follows, path, method="GET", agent=PHONE):
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "path": path, "method": method, "headers": [(b"user-agent", agent)]}
        await follows(scope, None, send)
        headers = dict(sent[0]["headers"])
        assert b"set-cookie" not in headers
        return sent[0]["status"], headers.get(b"location", b"").decode()

    async def all_of_them():
        follows = Follows(otherwise)
        follows.start()
        try:
            return await asyncio.gather(*(one(follows, *request) for request in requests))
        finally:
            await follows.stop()

    return asyncio.run(all_of_them())


@pytest.fixture
def touch(transactional_db):
    organisation = Organisation.objects.create(name="Équipe", kind=Organisation.Kind.OPERATOR)
    return Touch.objects.create(
        code="K7QM3", kind=Touch.Kind.POSTER, label="Affiche", organisation=organisation, created_at=timezone.now()
    )


def test_every_answered_follow_is_in_the_log(touch):
    answers = ask(*[("/r/K7QM3",)] * 300)
    assert set(answers) == {(302, "/?par=K7QM3")}
    assert EventRecord.objects.filter(name="touch.followed", touch="K7QM3").count() == 300


def test_a_code_typed_by_hand_is_understood(touch):
    assert [answer[0] for answer in ask(("/r/k7qm3",), ("/r/K7-QM3/",))] == [302, 302]


def test_what_is_not_a_person_is_led_but_not_counted(touch):
    answers = ask(("/r/K7QM3", "HEAD"), ("/r/K7QM3", "GET", b"WhatsApp/2.23"))
    assert [status for status, _ in answers] == [302, 302]
    assert not EventRecord.objects.exists()


@pytest.mark.parametrize(
    "path", ["/r/AAAAA", "/r/", "/r/K7QM3X", "/r/../../etc/passwd", "/r/%00", "/r/" + "K" * 5000, "/r/é"]
)
def test_a_code_that_does_not_exist_is_answered_by_a_page(touch, path):
    assert ask((path,))[0][0] == 404
    assert not EventRecord.objects.exists()


def test_a_good_code_whose_follow_was_not_written_is_not_called_unknown(touch, client):
    assert client.get("/r/K7QM3").status_code == 503
    assert client.get("/r/AAAAA").status_code == 404
