"""Two organisations, each with its own account on Instagram: what is written below one's videos is of that one, and answered by its account."""

import pytest

from relais.channels.models import AccountReading, ChannelAccount
from relais.channels.networks import EVERY
from relais.channels.tests.fakes import Provider, serving
from relais.channels.tests.networks import Instagram, Said
from relais.foundation import outbox
from relais.foundation.models import Outbound
from relais.foundation.refusals import NotAcceptable
from relais.stories.models import Comment, Question
from relais.stories.questions import comments
from relais.stories.tests.asking import commented, copied, online
from tests import builders

from .said import REEL, URL, answer

pytestmark = pytest.mark.django_db
ELSEWHERE, THERE = "Other1234", "https://www.instagram.com/reel/Other1234/"


class Both(Provider):
    """One Instagram, with the accounts of several: each token reads its own."""

    def __init__(self, *accounts):
        super().__init__()
        self.accounts = accounts

    def answer(self, request):
        for one in self.accounts:
            if request["headers"].get("authorization") == f"Bearer {one.token}":
                one.requests.append(request)
                return one.answer(request)
        return Instagram.error(190, "Invalid OAuth access token.")


class Account(Instagram):
    def __init__(self, number, publication):
        super().__init__({publication: []})
        self.account, self.token, self.publication = number, f"jeton-{number}", publication

    def says(self, text, at, number="c1"):
        self.threads[self.publication].append(Said(number, text, at))


class Place:
    def __init__(self, user, story, fake, address, settings, running, now):
        self.user, self.story, self.fake = user, story, fake
        self.organisation = story.organisation_id
        self.account = builders.instagram_account(
            running, settings, owner=self.organisation, account=fake.account, token=fake.token
        )
        self.copy = copied(story, user, now, address=address)

    def questions(self):
        return Question.objects.filter(story=self.story)


@pytest.fixture
def places(people, make_user, settings, monkeypatch, now):
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})
    there = make_user("mediator")
    theirs = online(people | {"mediator": there}, now, slug="ailleurs")
    one, other = Account("178", REEL), Account("278", ELSEWHERE)
    with serving(Both(one, other)) as running:
        yield (
            Place(people["mediator"], online(people, now), one, URL, settings, running, now),
            Place(there, theirs, other, THERE, settings, running, now),
        )


def test_each_account_is_read_for_its_organisation_alone(places, client_for, now):
    a, b = places
    a.fake.says("Il faut un diplôme ?", now)
    b.fake.says("C’est payé ?", now)
    assert comments.read_due(now) == 2
    assert a.questions().get().body == "Il faut un diplôme ?" and b.questions().get().body == "C’est payé ?"
    assert "C’est payé" not in client_for(a.user).get("/pro/moderation/").text
    assert "diplôme" not in client_for(b.user).get("/pro/moderation/").text
    assert set(Comment.objects.values_list("owner", "account")) == {(a.organisation, "178"), (b.organisation, "278")}


def test_an_answer_leaves_by_the_account_below_which_it_was_written(places, now):
    for place in places:
        place.fake.says("Il faut un diplôme ?", now)
    comments.read_due(now)
    for place in places:
        answer(place.questions().get(), place.user, now, body=f"Par {place.fake.account}")
    outbox.send_due(now)
    assert [place.fake.published for place in places] == [[("c1", "Par 178")], [("c1", "Par 278")]]


def test_one_that_fails_holds_back_no_other_and_says_so_to_its_own(places, client_for, make_user, now):
    a, b = places
    a.fake.token = "un-autre"
    b.fake.says("C’est payé ?", now)
    comments.read_due(now)
    assert b.questions().exists() and AccountReading.objects.get(owner=b.organisation).error == ""
    row = AccountReading.objects.get(owner=a.organisation)
    assert "jeton" in row.error and "jeton-178" not in row.error
    seen = {place: client_for(place.user).get("/pro/moderation/?voir=reseaux").text for place in places}
    assert "En panne" in seen[a] and "En panne" not in seen[b]
    decides = {place: make_user("administrator", organisation=place.story.organisation) for place in places}
    today = {place: client_for(decides[place]).get("/pro/").text for place in places}
    assert "Instagram" in today[a] and "en panne" in today[a] and "en panne" not in today[b]
    page = client_for(decides[a]).get(f"/pro/reseaux/{a.organisation}/instagram/").text
    assert "En panne" in page and "nouveau jeton" in page and "jeton-178" not in page


def test_a_fault_of_ours_in_one_account_holds_back_no_other(places, now):
    a, b = places
    ChannelAccount.objects.filter(pk=a.account.pk).update(values={"account": "178"})
    b.fake.says("C’est payé ?", now)
    comments.read_due(now)
    assert b.questions().exists() and "su lire" in AccountReading.objects.get(owner=a.organisation).error


def test_an_account_that_has_ended_is_read_no_more_and_takes_no_answer(places, now):
    a, _ = places
    a.fake.says("Il faut un diplôme ?", now)
    comments.read_due(now)
    question = a.questions().get()
    answer(question, a.user, now)
    a.account.delete()
    a.fake.says("Encore ?", now, "c2")
    a.fake.requests.clear()
    comments.read_due(now + EVERY)
    outbox.send_due(now + EVERY)
    assert not a.fake.requests and a.questions().count() == 1
    row = Outbound.objects.get(channel="instagram")
    assert row.state == "failed" and "n’est plus relié" in row.error
    with pytest.raises(NotAcceptable, match="n’est plus relié"):
        comments.hide(question=question, user=a.user, reason="x", now=now)


def test_who_names_the_account_of_another_neither_takes_nor_changes_what_it_was_written(places, now):
    a, b = places
    copied(b.story, b.user, now, address=URL)
    ours = commented(a.copy, now, "Il faut un diplôme ?")
    theirs = commented(b.story.copies.get(address=URL), now, "Autre chose")
    assert ours != theirs and a.questions().get().body == "Il faut un diplôme ?"
    assert theirs.story_id == b.story.pk


def test_what_was_published_before_stays_with_the_account_of_the_installation(
    people, settings, monkeypatch, make_user, now
):
    """The organisation has its own from one day on: what it noted before stands below the other."""
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})
    shared, own = Account("178", REEL), Account("278", ELSEWHERE)
    story = online(people, now)
    with serving(Both(shared, own)) as running:
        builders.instagram_account(running, settings, account="178", token="jeton-178")
        before = copied(story, people["mediator"], now, address=URL)
        owner = story.organisation_id
        builders.instagram_account(running, settings, owner=owner, account="278", token="jeton-278")
        since = copied(story, people["mediator"], now, address=THERE)
        shared.says("Avant ?", now)
        own.says("Depuis ?", now)
        comments.read_due(now)
        found = {one.question.body: (one.account, one.copy) for one in Comment.objects.select_related("question")}
        assert found == {"Avant ?": ("178", before), "Depuis ?": ("278", since)}
        for question in Question.objects.all():
            answer(question, people["mediator"], now, body="Oui.")
        outbox.send_due(now)
        assert (shared.published, own.published) == ([("c1", "Oui.")], [("c1", "Oui.")])
        assert set(AccountReading.objects.values_list("owner", "error")) == {(None, ""), (owner, "")}


def test_the_first_who_noted_an_address_is_who_is_asked(people, settings, monkeypatch, make_user, now):
    """Both are read by the account of the installation: nobody draws away what is written to another by noting its address."""
    monkeypatch.setattr("relais.channels.instagram.transport._media", {})
    there, shared = make_user("mediator"), Account("178", REEL)
    story, theirs = online(people, now), online(people | {"mediator": there}, now, slug="ailleurs")
    with serving(Both(shared)) as running:
        builders.instagram_account(running, settings, account="178", token="jeton-178")
        copied(story, people["mediator"], now, address=URL)
        copied(theirs, there, now, address=URL)
        shared.says("Il faut un diplôme ?", now)
        comments.read_due(now)
    assert Question.objects.get().story == story
