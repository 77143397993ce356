"""What the staff sees of the networks, and what is asked of them."""

from datetime import timedelta

import pytest

from relais.channels.models import AccountReading
from relais.channels.networks import LONGEST_NAME
from relais.channels.tests.fakes import Provider
from relais.stories.models import Question
from relais.stories.questions import comments
from relais.stories.studio import rights
from relais.stories.tests.asking import copied, online

from .said import REEL, counted, say

pytestmark = pytest.mark.django_db


# --- what the staff sees of the doors


def test_networks_say_whether_they_are_on_and_what_went_wrong(client_for, people, fake, copy, moderator, now):
    page = client_for(moderator)
    text = page.get("/pro/moderation/?voir=reseaux").text
    assert text.count("aucun compte n’est réglé") == 2 and "Allumé, pas encore lu" in text and "1 copie notée" in text
    comments.read_due(now)
    assert "Allumé</td>" in page.get("/pro/moderation/?voir=reseaux").text
    fake.token = "another"
    comments.read_due(now + timedelta(minutes=5))
    text = page.get("/pro/moderation/?voir=reseaux").text
    assert "En panne" in text and "avec le nouveau jeton" in text and "IGtoken" not in text
    assert "En panne" in client_for(people["supervisor"]).get("/pro/entrees/").text


@pytest.mark.parametrize(
    "fault",
    [
        (429, {"Retry-After": "1200"}, {}),
        (500, {}, {}),
        (200, {}, b'{"data'),
        (200, {}, b"[]"),
        Provider.CUT,
        Provider.HANG,
    ],
)
def test_a_faulty_network_loses_nothing(fake, copy, now, fault):
    say(fake, "Bonjour", at=now)
    fake.faults = [fault]
    comments.read_due(now)
    account = AccountReading.objects.get()
    assert account.error and account.read_at is None and not Question.objects.exists()
    assert account.next_at == now + timedelta(minutes=20 if fault[0] == 429 else 5)
    comments.read_due(account.next_at)
    assert Question.objects.count() == 1 and AccountReading.objects.get().error == ""


# --- what was deleted over there


def read_for(hours, now):
    for hour in range(hours + 1):
        comments.read_due(now + timedelta(hours=hour))


@pytest.mark.parametrize("then", ["nothing", "taken down", "a stray address", "one that is not ours"])
def test_what_was_deleted_over_there_goes_from_here_whatever_else_is_wrong(fake, copy, story, moderator, now, then):
    say(fake, "Il faut un diplôme ?", at=now)
    comments.read_due(now)
    if then == "taken down":
        rights.copy_taken_down(copy=copy, user=moderator, now=now)
    elif then != "nothing":
        path = "relais/" if then == "a stray address" else "reel/NotOurs123/"
        copied(story, moderator, now, address=f"https://www.instagram.com/{path}")
    fake.threads[REEL].clear()
    read_for(3, now)
    assert Question.objects.get().body == ""
    assert bool(AccountReading.objects.get().error) is (then not in ("nothing", "taken down"))


@pytest.mark.parametrize("path", ["relais.brouillon/", "reel/Brouillon123/"])
def test_the_account_of_all_says_nobody_the_addresses_of_another(fake, copy, make_user, people, client_for, now, path):
    there = make_user("mediator")
    theirs = online(people | {"mediator": there}, now, slug="ailleurs")
    copied(theirs, there, now, address=f"https://www.instagram.com/{path}")
    comments.read_due(now)
    error = AccountReading.objects.get().error
    assert "une publication" in error and "rouillon" not in error
    page = client_for(people["supervisor"]).get("/pro/entrees/").text
    assert "En panne" in page and "rouillon" not in page
    assert ("n’est pas lu" in client_for(there).get("/pro/studio/ailleurs").text) is (path == "relais.brouillon/")


def test_asked_every_minute_a_network_is_read_every_five(fake, copy, now):
    comments.read_due(now)
    with counted(fake) as calls:
        for seconds in range(0, 300, 30):
            comments.read_due(now + timedelta(seconds=seconds))
        assert calls() == 0


def test_a_name_too_long_to_keep_stops_nothing(fake, copy, now):
    say(fake, "Bonjour", "Salut", at=now)
    fake.threads[REEL][0].id = "x" * (LONGEST_NAME + 1)
    comments.read_due(now)
    assert Question.objects.get().body == "Salut"
