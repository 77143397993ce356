"""How often one origin may do one thing: every row of LIMITS by its own number and window, and at the page that it guards."""

import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from relais.catalogue.models import JobOffer, OfferReport
from relais.documents import services as documents
from relais.foundation.models import RateBucket
from relais.foundation.ratelimit import LIMITS, allowed
from relais.foundation.tasks import sweep_often
from relais.journeys import services as journeys
from relais.stories.questions import moderation
from relais.stories.tests.asking import answering, online, shown

from .wanted import HOUR, SECOND, WANTED, stand

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2] / "relais"


# --- the table


def test_the_numbers_are_these():
    """Written twice on purpose: whoever changes one says so here."""
    assert {name: (limit.count, limit.per) for name, limit in LIMITS.items()} == WANTED


def test_every_row_is_asked_for_and_nothing_else_is():
    sources = [
        path.read_text() for path in ROOT.rglob("*.py") if "tests" not in path.parts and path.name != "ratelimit.py"
    ]
    asked = [
        name
        for text in sources
        if "ratelimit import" in text
        for name in re.findall(r"(?<!_)\b(?:allowed|refused_until)\(([^,]*),", text)
    ]
    assert set(asked) == {f'"{name}"' for name in LIMITS}


@pytest.mark.parametrize("name", LIMITS)
def test_up_to_the_limit_and_no_further(name, now):
    count, _ = WANTED[name]
    assert allowed(name, "a", now=now)
    if count > 1:
        stand(count - 2)
        assert [allowed(name, "a", now=now) for _ in range(2)] == [True, True], "one less, and the limit itself"
    assert not allowed(name, "a", now=now)
    assert allowed(name, "b", now=now), "somebody else's flood closes nothing for others"
    assert allowed(next(other for other in LIMITS if other != name), "a", now=now), "nor for other things"


@pytest.mark.parametrize("name", LIMITS)
def test_a_window_begins_with_the_first_and_ends(name, now):
    count, per = WANTED[name]
    assert allowed(name, "a", now=now)
    stand(count)
    assert not allowed(name, "a", now=now + per - SECOND), "asking again does not make it end sooner"
    assert allowed(name, "a", now=now + per)
    stand(count)
    assert not allowed(name, "a", now=now + per + per - SECOND), "the next one is as long"


def test_who_is_refused_and_goes_on_asking_waits_no_longer(now):
    for second in range(40):
        allowed("resume", "a", now=now + second * SECOND)
    assert not allowed("resume", "a", now=now + HOUR - SECOND) and allowed("resume", "a", now=now + HOUR)


def test_counters_are_swept_once_their_window_is_over(now):
    allowed("ask", "a", now=now)
    sweep_often(now + HOUR + HOUR - SECOND)
    assert RateBucket.objects.exists()
    sweep_often(now + HOUR + HOUR)
    assert not RateBucket.objects.exists()


# --- at the page


class Page:
    """One request that counts, as often as one likes; what it answers, and what only the page of a refusal says."""

    def __init__(self, send, passed: int, refused: int, sentence: str):
        self.send, self.passed, self.refused, self.sentence = send, passed, refused, sentence


def _open(world):
    def send(**origin):
        return Client().post("/parler", {"body": "Je suis pressé", "key": uuid4()}, **origin)

    return Page(send, 302, 422, "Je suis pressé")


def _write(world):
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = world.write().cookie

    def send(**origin):
        return young.post("/parler/ecrire", {"body": "Je suis pressé", "key": uuid4()}, **origin)

    return Page(send, 302, 422, "Beaucoup de messages partent de ton réseau")


def _resume(world):
    return Page(
        lambda **origin: Client().post("/parler/reprendre", {"code": "ACDE-FGHJ-KMNP"}, **origin),
        422,
        422,
        "Trop de codes faux",
    )


def _get(address):
    return lambda world: Page(lambda **origin: Client().get(address, **origin), 404, 429, "essais")


def _react(world):
    story = world.story()
    return Page(
        lambda **origin: Client().post(f"/temoignages/{story.pk}/reagir", {"kind": "clap"}, **origin),
        302,
        429,
        "Doucement",
    )


def _ask(world):
    story = world.story()

    def send(**origin):
        return Client().post(
            f"/temoignages/{story.pk}/question",
            {"body": "Il faut un diplôme ?", "pseudonym": "Lynx 11", "key": uuid4()},
            **origin,
        )

    return Page(send, 302, 429, "Attends une heure")


def _answer(world):
    question = moderation.give_link(
        question=shown(world.story(), world.people["mediator"], world.now), user=world.people["mediator"], now=world.now
    )
    address = f"/questions/repondre/{answering(question)}"
    return Page(
        lambda **origin: Client().post(address, {"body": "Non.", "key": uuid4()}, **origin),
        302,
        429,
        "Attendez une heure",
    )


def _report(world):
    values = {"ground": "hate", "details": "x", "email": "", "good_faith": "on"}
    address = f"/signaler/temoignage/{world.story().pk}"
    return Page(
        lambda **origin: Client().post(address, values | {"key": uuid4()}, **origin), 302, 429, "Attends une heure"
    )


def _report_offer(world):
    values = {
        "published_at": world.now,
        "refreshed_at": world.now,
        "seen_at": world.now,
        "origin": "Essai",
        "digest": "",
    }
    offer = JobOffer.objects.create(source="essai", source_id="1", title="Aide à domicile", **values)
    return Page(
        lambda **origin: Client().post(
            f"/offres/{offer.pk}/signaler", {"ground": OfferReport.Ground.values[0]}, **origin
        ),
        302,
        422,
        "Réessaie dans une heure",
    )


def _webhook(world):
    world.django_settings.INBOUND_EMAIL_SECRET = "s" * 40
    return Page(
        lambda **origin: Client().post("/entree/email/mime", b"x", content_type="message/rfc822", **origin),
        404,
        429,
        "attendez une heure",
    )


PAGES = {
    "open": _open,
    "write": _write,
    "resume": _resume,
    "link": _get("/parler/l/ACDEFGHJKMNP"),
    "react": _react,
    "ask": _ask,
    "answer": _answer,
    "report": _report,
    "report-offer": _report_offer,
    "webhook": _webhook,
}


ASIDE = {
    "link-again",
    "mail-again",
    "inbound",
    "inbound-told",
    "resume-by-channel",
    "account-test",
    "document",
    "documents",
}
"""Counted by sender, by link, by organisation or by conversation: below."""


def test_every_limit_is_tried_where_it_guards():
    assert PAGES.keys() | ASIDE == LIMITS.keys()


@pytest.fixture
def world(people, line, write, settings, now):
    class World:
        pass

    world = World()
    world.people, world.line, world.write, world.django_settings, world.now = people, line, write, settings, now
    world.story = lambda: online(people, now)
    return world


@pytest.mark.parametrize("name", PAGES)
def test_the_page_lets_in_up_to_the_limit_and_others_after_it(world, name):
    page = PAGES[name](world)

    def comes(address) -> str:
        answer = page.send(REMOTE_ADDR=address)
        is_refused = page.sentence in answer.content.decode(errors="replace")
        assert answer.status_code == (page.refused if is_refused else page.passed)
        return "refused" if is_refused else "in"

    assert comes("192.0.2.7") == "in"
    stand(WANTED[name][0] - 1)
    assert [comes("192.0.2.7") for _ in range(3)] == ["in", "refused", "refused"]
    assert comes("192.0.2.8") == "in"


def test_a_person_takes_so_many_documents_and_a_school_many(world, rf):
    mine, other = uuid4(), uuid4()
    request = rf.get("/", REMOTE_ADDR="192.0.2.7")
    for _ in range(WANTED["document"][0]):
        documents.count(request, mine, world.now)
    with pytest.raises(documents.TooOften, match="la page dit la même chose"):
        documents.count(request, mine, world.now)
    documents.count(request, other, world.now)
    # That of the network: what was refused to one person did not count for it.
    assert RateBucket.objects.filter(count=WANTED["document"][0] + 1).update(count=1) == 2
    stood = RateBucket.objects.count()
    for _ in range(3):
        documents.count(request, uuid4(), world.now)
    assert RateBucket.objects.count() == stood + 3
    assert RateBucket.objects.filter(count=4).update(count=WANTED["documents"][0] - 1) == 1
    documents.count(request, uuid4(), world.now)
    with pytest.raises(documents.TooOften):
        documents.count(request, uuid4(), world.now)
    documents.count(rf.get("/", REMOTE_ADDR="192.0.2.8"), uuid4(), world.now)


def test_the_page_says_it_in_words(world):
    young, opened = Client(), world.write()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = opened.cookie
    address = "/parler/mes-donnees?fichier=pdf"
    assert young.get(address).status_code == 200
    RateBucket.objects.update(count=WANTED["documents"][0])
    answer = young.get(address)
    assert answer.status_code == 429 and "Réessaie dans une heure" in answer.text


def test_a_class_with_the_right_codes_enters_whatever_somebody_guessed_before_it(world):
    _resume(world).send(REMOTE_ADDR="192.0.2.7")
    stand(10 * WANTED["resume"][0])
    for _ in range(35):
        code = journeys.resume_code(world.write().conversation.journey)
        answer = Client().post("/parler/reprendre", {"code": code}, REMOTE_ADDR="192.0.2.7")
        assert answer.status_code == 302
    assert RateBucket.objects.get().count == 10 * WANTED["resume"][0], "a right one does not count"


@pytest.mark.parametrize(
    ("since", "told"), [(0, "60\u00a0min|1\u00a0h"), (30 * 60 + 1, "30\u00a0min"), (3599, "1\u00a0min")]
)
def test_the_true_wait_is_told(world, monkeypatch, since, told):
    page, clock = _open(world), timezone.now
    page.send()
    stand(WANTED["open"][0])
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock() + since * SECOND)
    words = page.send().content.decode()
    assert "partent de ton réseau" in words and re.search(f"Réessaie dans ({told})", words)


@pytest.mark.parametrize("address", ["/nouvelles/faux", "/parler/question/faux"])
def test_every_kind_of_link_is_counted_together(client, people, now, address):
    assert client.get("/parler/l/ACDEFGHJKMNP").status_code == 404
    stand(WANTED["link"][0])
    assert client.get(address).status_code == 429
