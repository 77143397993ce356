"""A message is kept before it is acknowledged, handed over once, and never lost."""

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection

from relais.channels import services, words
from relais.channels.models import Inbound
from relais.foundation.models import EventRecord
from relais.foundation.ratelimit import LIMITS
from relais.foundation.refusals import WrongState

pytestmark = pytest.mark.django_db
State = Inbound.State
FLOOD = LIMITS["inbound"].count


def put(now, number="1", sender="lea@exemple.invalid", body="Bonjour", **more):
    return services.receive(channel="email", provider_id=number, sender=sender, body=body, at=now, **more)


def test_the_same_delivery_twice_is_one_message_even_after_it_was_taken(now, taken):
    row, first = put(now)
    assert first and not put(now)[1]
    assert taken() == [("email", "lea@exemple.invalid", "Bonjour")]
    assert not put(now)[1]
    assert len(taken()) == 1
    assert EventRecord.objects.filter(name="inbound.received", subject=row.pk).count() == 1


def test_once_taken_nothing_personal_stays(now, taken):
    put(
        now,
        subject="Bac",
        thread="a" * 20,
        attachments=[{"name": "cv.pdf", "type": "application/pdf", "size": 3, "program": False}],
    )
    taken()
    row = Inbound.objects.get()
    assert row.state == State.TAKEN and row.taken_at
    assert (row.sender, row.subject, row.body, row.thread, row.attachments) == ("", "", "", "", [])


@pytest.mark.parametrize("reason", ["", "automatic"])
def test_private_addresses_that_it_quotes_are_read_by_nobody_here(now, reason):
    """Who reads it at the desk, or among what was set aside, must not be able to open them as the person does."""
    secrets = ["/parler/l/ACDEFGHJKMNP", f"/ne-plus-recevoir/{'0123456789abcdef' * 4}"]
    quoted = "Oui.\n> Ton lien : https://relais.exemple.invalid{}\n> et https://relais.exemple.invalid{}\nVoilà."
    row, _ = put(now, body=quoted.format(*secrets), whole=quoted.format(*secrets), reason=reason)
    assert row.body == row.whole == quoted.format("/parler/l/…", "/ne-plus-recevoir/…")
    assert Inbound.objects.get().body == row.body


def test_a_copy_of_the_database_tells_neither_who_nor_what(now):
    put(now, body="Je suis à la rue", subject="Aide")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text FROM channels_inbound i")
        (dump,) = cursor.fetchone()
    assert not any(word in dump for word in ("lea@", "rue", "Aide"))
    assert Inbound.objects.get().body == "Je suis à la rue"


def test_what_the_taker_wrote_and_the_taking_are_one(now, taken):
    put(now)
    put(now, "2", body="Deuxième")

    def faulty(row, at):
        row.subject = "trace"
        EventRecord.objects.create(at=at, name="half.done")
        raise ValueError("a fault")

    assert services.deliver(faulty, now=now) == 0
    assert not EventRecord.objects.filter(name="half.done").exists()
    assert [(row.attempts, row.subject) for row in Inbound.objects.new()] == [(1, ""), (1, "")]
    assert taken() == [], "not again at once"
    assert len(taken(now + timedelta(minutes=3))) == 2, "a fault never loses a message"


def test_a_message_that_cannot_be_taken_does_not_hold_the_others_and_is_shown(now):
    put(now, body="poison")
    put(now, "2", body="sain")
    said = []

    def picky(row, at):
        if row.body == "poison":
            raise KeyError("?")
        said.append(row.body)

    for turn in range(Inbound.PATIENCE):
        services.deliver(picky, now=now + timedelta(hours=turn))
    assert said == ["sain"]
    assert [row.body for row in Inbound.objects.stuck()] == ["poison"]


def test_who_takes_may_refuse(now):
    put(now)

    def refuse(row, at):
        raise services.Refused("blocked")

    services.deliver(refuse, now=now)
    row = Inbound.objects.get()
    assert (row.state, row.reason) == (State.REFUSED, "blocked")


def test_what_was_set_aside_can_be_looked_at_again_once(now, taken):
    row, _ = put(now, reason="automatic", body="Je suis absent. Non, en fait j’ai besoin d’aide.")
    assert taken() == [] and row.state == State.IGNORED
    services.look_again(inbound=row, now=now)
    assert len(taken()) == 1
    with pytest.raises(WrongState):
        services.look_again(inbound=row, now=now)


@pytest.mark.parametrize(("reason", "kept"), [("automatic", 2000), ("list", 2000), ("bounce", 0), ("own", 0)])
def test_two_programs_that_write_to_each_other_do_not_fill_the_disk(now, reason, kept):
    lengths = [2000, 2001, 20_000]
    few = [put(now, str(number), reason=reason, body="a" * 3000)[0] for number in range(FLOOD)]
    rows = [put(now, f"x{length}", reason=reason, body="a" * length, whole="a")[0] for length in lengths]
    mark = services.CUT_FOR_GOOD if kept else ""
    assert [row.body for row in rows] == ["a" * kept] + 2 * ["a" * kept + mark]
    assert not any(row.whole for row in rows) and {len(row.body) for row in few} == {3000}
    assert not any(words.told(row) for row in rows)


@pytest.mark.parametrize("reason", ["no-sender", "no-reply", "unreadable"])
def test_whoever_cannot_be_answered_is_read_even_after_many_others(now, reason):
    rows = [put(now, str(number), sender="", reason=reason, body=f"Mot {number}")[0] for number in range(FLOOD + 3)]
    assert rows[-1].flood and all(row.body for row in rows)


def test_words_in_the_subject_only_are_a_message(now, taken):
    row, _ = put(now, body="", subject="Aidez-moi")
    assert (row.state, row.reason) == (State.NEW, "")
    aside, _ = put(now, "2", body="", subject="Aidez-moi", reason="automatic")
    assert aside.may_enter


@pytest.mark.django_db(transaction=True)
def test_many_deliveries_and_many_takers_at_once_make_each_message_once(now):
    said = []

    def bring():
        for number in range(20):
            put(now, str(number), sender=f"{number}@exemple.invalid")
        services.deliver(lambda row, _: said.append(row.provider_id), now=now)
        connection.close()

    threads = [Thread(target=bring) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    services.deliver(lambda row, _: said.append(row.provider_id), now=now)
    assert sorted(said) == sorted(map(str, range(20)))
    assert EventRecord.objects.filter(name="inbound.received").count() == 20


def test_a_long_message_is_cut_with_a_mark_and_its_author_told(now):
    row, _ = put(now, body="é" * 10_000_000)
    assert row.shortened and row.body.endswith(services.CUT) and len(row.body) == services.LONGEST + len(services.CUT)
    assert words.told(row) == words.SHORTENED


def test_a_flood_is_kept_marked_and_answered_once_an_hour(now):
    rows = [put(now, str(number))[0] for number in range(FLOOD + 5)]
    assert [row.flood for row in rows] == [False] * FLOOD + [True] * 5
    assert [words.told(row) for row in rows if row.flood] == [words.FLOOD, "", "", "", ""]
    assert Inbound.objects.new().count() == len(rows), "nothing is lost"
    assert not put(now, "other", sender="max@exemple.invalid")[0].flood, "others are not held up"


def test_a_false_sender_never_makes_us_write_to_whoever_bears_the_name(now):
    row, _ = put(now, body="x" * 20_000, verified=False)
    assert row.state == State.NEW and words.told(row) == ""


def test_letters_that_postgresql_or_an_eye_would_stumble_on(now):
    row, _ = put(now, body="a\x00b\ud800c\u202ed\r\n\r\n\r\n\r\ne\x1b[31m", subject="x\r\nBcc: y" * 90)
    row.refresh_from_db()
    assert row.body == "ab?cd\n\ne[31m"
    assert "\n" not in row.subject and len(row.subject) <= 200


def test_nothing_written_is_set_aside(now):
    assert put(now, body=" \u200b\n".replace("\u200b", ""))[0].reason == Inbound.Reason.EMPTY
