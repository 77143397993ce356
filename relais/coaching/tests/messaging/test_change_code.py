"""Somebody has seen the code: the person closes their conversation everywhere but where they are."""

import re

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from relais.coaching import services
from relais.coaching.thread import links as private_links
from relais.foundation.models import EventRecord
from relais.foundation.refusals import LinkOver
from relais.journeys import services as journeys

pytestmark = pytest.mark.django_db
CODE = re.compile(r'class="code">([^<]+)<')


def browser(cookie: str) -> Client:
    client = Client()
    client.cookies[settings.JOURNEY_COOKIE_NAME] = cookie
    return client


def code_shown(client: Client) -> str:
    return CODE.search(client.get(reverse("talk")).text)[1]


@pytest.fixture
def opened(write):
    return write("Je suis là")


@pytest.fixture
def here(opened):
    return browser(opened.cookie)


def test_the_old_code_the_links_and_the_other_browsers_open_nothing_more(opened, here, now):
    before = code_shown(here)
    other = browser(services.resume(code=before, now=now)[1])
    secret = private_links.make(opened.conversation, now=now).rpartition("/")[2]
    answer = here.post(reverse("change_code"), follow=True)
    assert "Je suis là" in answer.text and "Note ton nouveau code" in answer.text
    after = code_shown(here)
    assert after != before
    with pytest.raises(journeys.UnknownCode):
        services.resume(code=before, now=now)
    with pytest.raises(LinkOver):
        private_links.opened_by(secret, now=now)
    assert "Je suis là" not in other.get(reverse("talk")).text
    assert services.resume(code=after, now=now)[0] == opened.conversation.journey


def test_it_can_be_changed_again_and_each_time_it_is_another(here):
    seen = {code_shown(here)}
    for _ in range(3):
        here.post(reverse("change_code"))
        seen.add(code_shown(here))
    assert len(seen) == 4


def test_nobody_else_is_closed_out(write, opened, here, now):
    stranger = write("Autre chose")
    theirs = journeys.resume_code(stranger.conversation.journey)
    here.post(reverse("change_code"))
    assert "Autre chose" in browser(stranger.cookie).get(reverse("talk")).text
    assert services.resume(code=theirs, now=now)[0] == stranger.conversation.journey


def test_the_team_sees_it(opened, here):
    here.post(reverse("change_code"))
    assert EventRecord.objects.filter(name="conversation.code-changed", subject=opened.conversation.pk).count() == 1


def test_without_a_conversation_there_is_nothing_to_close(here, opened, client):
    assert client.post(reverse("change_code")).url == reverse("talk")
    assert here.get(reverse("change_code")).status_code == 302, "an address opened by hand changes nothing"
    assert not EventRecord.objects.filter(name="conversation.code-changed").exists()
