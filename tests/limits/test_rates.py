"""How often one origin may do one thing: every row of LIMITS by its own number and window, and at the page that it guards."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client, RequestFactory
from django.utils import timezone

from relais.accounts import providers
from relais.accounts.adapter import AccountAdapter
from relais.catalogue.models import JobOffer, OfferReport
from relais.channels import opt_outs
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.coaching.messaging import aside, intake
from relais.foundation.models import Outbound, RateBucket
from relais.foundation.ratelimit import LIMITS, allowed, origin_of
from relais.foundation.refusals import TooOften
from relais.foundation.tasks import sweep_often
from relais.journeys import services as journeys
from relais.stories.questions import moderation
from relais.stories.tests.asking import answering, online, shown
from tests import builders

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DANGER = "je veux mourir, je vais le faire ce soir"
WANTED = {
    "open": (400, HOUR),
    "write": (300, 10 * MINUTE),
    "resume": (30, HOUR),
    "link": (30, HOUR),
    "link-again": (1, HOUR),
    "mail-again": (5, HOUR),
    "react": (2000, HOUR),
    "ask": (300, HOUR),
    "answer": (20, HOUR),
    "report": (20, HOUR),
    "report-offer": (10, HOUR),
    "document": (60, HOUR),
    "webhook": (20, HOUR),
    "inbound": (20, HOUR),
    "inbound-told": (1, HOUR),
    "resume-by-channel": (10, HOUR),
    "account-test": (5, HOUR),
}
ROOT = Path(__file__).parents[2] / "relais"


def stand(count: int) -> None:
    """As if the one origin that has been here had come `count` times."""
    assert RateBucket.objects.update(count=count) == 1


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


def test_no_address_is_kept_and_a_day_does_not_recognise_the_one_before(now):
    allowed("ask", "192.0.2.7", now=now)
    allowed("ask", "192.0.2.7", now=now + timedelta(days=1))
    keys = list(RateBucket.objects.values_list("pk", flat=True))
    assert len(keys) == 2 and not any("192.0" in key for key in keys)


# --- where somebody comes from


@pytest.mark.parametrize(
    ("behind", "forwarded", "remote", "origin"),
    [
        (False, "198.51.100.1", "192.0.2.7", "192.0.2.7"),
        (False, "", "192.0.2.7", "192.0.2.7"),
        (True, "198.51.100.1", "192.0.2.7", "198.51.100.1"),
        (True, "203.0.113.9, 198.51.100.1", "192.0.2.7", "198.51.100.1"),
        (True, "203.0.113.9,203.0.113.10 , 198.51.100.1:4711", "192.0.2.7", "198.51.100.1"),
        (True, "203.0.113.9, unknown", "192.0.2.7", "192.0.2.7"),
        (True, "203.0.113.9,", "192.0.2.7", "192.0.2.7"),
        (True, "", "192.0.2.7", "192.0.2.7"),
        (False, "", "2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        (True, '"[2001:db8:1:2:bbbb::1]:4711"', "192.0.2.7", "2001:db8:1:2::/64"),
        (False, "", "fe80::1%eth0", "fe80::/64"),
        (False, "", "::ffff:192.0.2.7", "192.0.2.7"),
        (False, "", "", ""),
    ],
)
def test_the_origin_is_what_our_own_proxy_says_last(settings, behind, forwarded, remote, origin):
    """What stands before the last entry was written by the visitor: it escapes no limit, and borrows nobody's."""
    settings.BEHIND_PROXY = behind
    assert origin_of(RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)) == origin


@pytest.mark.parametrize("behind", [False, True])
def test_a_forged_header_opens_no_new_account_at_the_counter(client, settings, now, behind):
    settings.BEHIND_PROXY = behind
    statuses = []
    for number in range(31):
        forged = f"203.0.113.{number}" + (", 198.51.100.1" if behind else "")
        statuses.append(client.get("/parler/l/ACDEFGHJKMNP", HTTP_X_FORWARDED_FOR=forged).status_code)
    assert statuses == [404] * 30 + [429]


def test_a_network_of_ipv6_is_one_origin(client, now):
    statuses = [
        client.get("/parler/l/ACDEFGHJKMNP", REMOTE_ADDR=f"2001:db8::{number:x}").status_code for number in range(1, 32)
    ]
    assert statuses == [404] * 30 + [429]
    assert client.get("/parler/l/ACDEFGHJKMNP", REMOTE_ADDR="2001:db8:0:1::1").status_code == 404


def test_who_signs_in_is_counted_by_the_same_origin(now):
    ips = {
        AccountAdapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in ("2001:db8::1", "2001:db8::2")
    }
    assert (
        len(ips) == 1 and AccountAdapter().get_client_ip(RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")) not in ips
    )


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


def _document(world):
    young = Client()
    young.cookies[settings.JOURNEY_COOKIE_NAME] = world.write().cookie
    return Page(lambda **origin: young.get("/parler/mes-donnees?fichier=pdf", **origin), 200, 429, "depuis ton réseau")


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
    "document": _document,
    "webhook": _webhook,
}
ASIDE = {"link-again", "mail-again", "inbound", "inbound-told", "resume-by-channel", "account-test"}
"""Counted by sender, by link or by organisation: below."""


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


def test_a_class_with_the_right_codes_enters_whatever_somebody_guessed_before_it(world):
    _resume(world).send(REMOTE_ADDR="192.0.2.7")
    stand(10 * WANTED["resume"][0])
    for _ in range(35):
        code = journeys.resume_code(world.write().conversation.journey_id)
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


# --- by sender, by organisation


def come(now, number, body="Bonjour", sender="lea@exemple.invalid", **more) -> Inbound:
    return channels.receive(channel="email", provider_id=str(number), sender=sender, body=body, at=now, **more)[0]


def test_a_sender_who_floods_is_marked_and_told_once_an_hour(now):
    come(now, 1)
    stand(WANTED["inbound"][0] - 1)
    rows = [come(now, number) for number in range(2, 5)]
    assert [row.flood for row in rows] == [False, True, True] and [row.quiet for row in rows] == [False, False, True]
    assert not come(now, 5, sender="sam@exemple.invalid").flood
    later = [come(now + HOUR - SECOND, 6), come(now + HOUR, 7)]
    assert [row.flood for row in later] == [True, False]


def test_codes_tried_by_a_door_are_counted_by_sender(line, now):
    limit = WANTED["resume-by-channel"][0]
    for number in range(limit + 2):
        come(now, number, "code ACDE FGHJ KMNP", verified=True)
    come(now, "other", "code ACDE FGHJ KMNP", sender="sam@exemple.invalid", verified=True)
    channels.deliver(intake.take, now=now)
    texts = [" ".join(row.payload["text"].split()) for row in Outbound.objects.all()]
    wrong, many = (" ".join(words.split()) for words in (intake.WRONG_CODE, intake.TOO_MANY))
    assert sum(wrong in text for text in texts) == limit + 1 and sum(many in text for text in texts) == 2


@pytest.mark.parametrize(
    ("after", "leaves"), [(MINUTE - SECOND, MINUTE), (MINUTE, MINUTE), (MINUTE + SECOND, MINUTE + SECOND)]
)
def test_one_letter_a_minute_and_person_about_what_was_set_aside(line, people, make_user, now, after, leaves):
    now = now.replace(microsecond=0)
    come(now, 1, DANGER, reason="no-reply")
    come(now + after, 2, DANGER, reason="no-reply")
    assert [row.not_before - now for row in Outbound.objects.order_by("not_before")] == [0 * MINUTE, leaves]
    come(now + after, 3, DANGER, reason="no-reply")
    told = Outbound.objects.order_by("not_before").last()
    assert told.not_before - now == (leaves if after < MINUTE else after + MINUTE), (
        "with the one that waits, or after it"
    )
    elsewhere = make_user("supervisor").memberships.get().organisation
    Inbound.objects.update(owner=elsewhere.pk)
    aside.tell(Inbound.objects.first(), now + MINUTE)
    assert Outbound.objects.filter(owner=elsewhere.pk).count() == 1


def test_e_mails_begin_again_five_times_an_hour_and_stop_each_time(client, now):
    path = f"/ne-plus-recevoir/{opt_outs.address_for('lea@exemple.invalid', None, now=now).rpartition('/')[2]}"
    for number in range(1, 7):
        client.post(path, {"act": "stop"})
        assert opt_outs.holds("email", "lea@exemple.invalid")
        client.post(path, {"act": "again"})
        assert opt_outs.holds("email", "lea@exemple.invalid") is (number > 5)


def test_five_sms_are_tried_an_hour_by_each_organisation(people, make_user, now):
    def tried(account, at) -> bool:
        try:
            providers.try_out(actor=people["administrator"], account=account, number="+33639980001", now=at)
        except TooOften:
            return False
        return True

    mine, theirs = (
        builders.sms_account(
            owner=make_user("partner").memberships.get().organisation_id, url="https://sms.invalid", webhook_secret=name
        )
        for name in ("mine", "theirs")
    )
    assert [tried(mine, now + number * SECOND) for number in range(6)] == [True] * 5 + [False]
    assert tried(theirs, now + 6 * SECOND)
    assert not tried(mine, now + HOUR - SECOND) and tried(mine, now + HOUR)
