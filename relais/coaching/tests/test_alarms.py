"""Signs of danger: a human is told, the numbers are shown at once, and the message goes on its way whatever happens."""

import re
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils.module_loading import autodiscover_modules

from relais.channels.models import Inbound
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation, Message, Note
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.thread import screening
from relais.foundation import loops
from relais.foundation.contacts import public_number
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import WrongState
from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms, detection, first_aid
from relais.safeguarding.models import Alarm

pytestmark = pytest.mark.django_db
DARK = "je veux mourir ce soir"


def letters(prefix: str) -> list[dict]:
    return [row.payload for row in Outbound.objects.filter(key__startswith=prefix).order_by("key")]


def test_a_sign_tells_humans_and_nothing_else(write, people, now):
    conversation = write(body=DARK).conversation
    alarm = Alarm.objects.get()
    assert (alarm.kinds, alarm.is_urgent, alarm.told_at) == (["suicide"], True, now)
    conversation.refresh_from_db()
    assert conversation.is_alarming and conversation.messages.get().body == DARK
    event = EventRecord.objects.get(name="danger.signalled")
    assert event.data == {"kind": "suicide", "urgent": True}
    [letter] = letters("alarm:")
    assert letter["to"] == people["supervisor"].email and str(conversation.pk) in letter["text"]
    told = letter["subject"] + letter["text"]
    assert not re.search(r"mourir|suicid|danger|Colibri", told), "nothing that may be read over a shoulder"


def test_who_holds_it_is_told_too(write, people, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    services.write(journey=conversation.journey, body=DARK, key=uuid4(), now=now)
    assert {letter["to"] for letter in letters("alarm:")} == {people["mediator"].email, people["supervisor"].email}


def test_without_a_supervisor_every_mediator_is_told(write, people, now):
    people["supervisor"].memberships.all().delete()
    write(body=DARK)
    assert {letter["to"] for letter in letters("alarm:")} == {people["mediator"].email, people["mediator_2"].email}


@pytest.mark.parametrize("holder", ["mediator", "volunteer"])
def test_who_holds_it_is_never_the_only_one_to_be_told(holder, write, people, now):
    """They may be asleep; a volunteer may not even say what it was."""
    conversation = write(age=Conversation.AgeBand.ADULT).conversation
    Conversation.objects.filter(pk=conversation.pk).update(claimed_by=people[holder], claimed_at=now)
    people["supervisor"].memberships.all().delete()
    services.write(journey=conversation.journey, body=DARK, key=uuid4(), now=now)
    mediators = {people["mediator"].email, people["mediator_2"].email}
    assert {letter["to"] for letter in letters("alarm:")} == mediators | {people[holder].email}
    alarms.remind(now + timedelta(minutes=11))
    administering = {people["administrator"].email, people["administrator_2"].email}
    assert {letter["to"] for letter in letters("alarm-late:")} >= mediators | administering


def test_where_only_volunteers_answer_who_may_name_somebody_is_told_too(write, people, now):
    conversation = write(age=Conversation.AgeBand.ADULT).conversation
    Conversation.objects.filter(pk=conversation.pk).update(claimed_by=people["volunteer"], claimed_at=now)
    for role in ("supervisor", "mediator", "mediator_2"):
        people[role].memberships.all().delete()
    services.write(journey=conversation.journey, body=DARK, key=uuid4(), now=now)
    administering = {people["administrator"].email, people["administrator_2"].email}
    assert {letter["to"] for letter in letters("alarm:")} == administering | {people["volunteer"].email}


def test_ten_messages_make_ten_alarms_and_one_letter(write, now):
    conversation = write(body=DARK).conversation
    for number in range(9):
        services.write(
            journey=conversation.journey, body=f"{DARK} {number}", key=uuid4(), now=now + timedelta(seconds=number)
        )
    assert Alarm.objects.count() == 10 and len(letters("alarm:")) == 1
    services.write(journey=conversation.journey, body=DARK, key=uuid4(), now=now + timedelta(minutes=11))
    assert len(letters("alarm:")) == 2, "ten minutes later, if nobody has read"


def test_what_gets_worse_is_told_at_once(write, now):
    conversation = write(body="j’en peux plus").conversation
    assert not Alarm.objects.get().is_urgent
    services.write(journey=conversation.journey, body=DARK, key=uuid4(), now=now + timedelta(seconds=5))
    assert [letter["subject"] for letter in letters("alarm:")] in (
        ["Un message à lire", "Un message à lire tout de suite"],
        ["Un message à lire tout de suite", "Un message à lire"],
    )


@pytest.mark.parametrize(
    "body", ["Bonjour", "je suis mort de rire", "je veux aider les femmes victimes de violences", "🙂"]
)
def test_the_rest_of_the_world_is_left_alone(write, body):
    write(body=body)
    assert not Alarm.objects.exists() and not Conversation.objects.get().is_alarming


def test_a_broken_detection_loses_no_message_and_asks_for_a_human(write, monkeypatch, caplog):
    monkeypatch.setattr(detection, "danger", lambda text: 1 / 0)
    conversation = write(body=f"{DARK} canari").conversation
    assert conversation.messages.get().body == f"{DARK} canari"
    assert Alarm.objects.get().kinds == [first_aid.UNREAD]
    assert "canari" not in caplog.text
    assert screening.help_for(conversation, conversation.opened_at)


def test_the_numbers_are_in_the_page_that_answers(line):
    young = Client()
    answer = young.post("/parler", {"body": DARK, "key": uuid4()})
    assert (answer.status_code, answer["Location"]) == (302, "/parler#secours")
    page = young.get("/parler").content.decode()
    assert 'id="secours"' in page and 'href="tel:3114"' in page and 'href="tel:15"' in page and DARK in page
    told = young.post(
        "/parler/ecrire", {"body": "mon père me frappe", "key": uuid4()}, headers={"accept": "application/json"}
    ).json()
    assert 'href="tel:119"' in told["help"]
    plain = Client()
    assert plain.post("/parler", {"body": "Bonjour", "key": uuid4()})["Location"] == "/parler"
    assert "tel:3114" not in plain.get("/parler").content.decode()
    assert (
        "help"
        not in plain.post(
            "/parler/ecrire", {"body": "merci", "key": uuid4()}, headers={"accept": "application/json"}
        ).json()
    )


def test_each_kind_has_its_numbers_in_the_one_table(write, now):
    for kind in detection.kinds():
        conversation = write(key=uuid4()).conversation
        Alarm.objects.create(
            subject_kind=CONVERSATION,
            subject_id=conversation.pk,
            item=conversation.messages.get().pk,
            organisation=conversation.line.organisation,
            kinds=[kind],
            raised_at=now,
        )
        assert [line.number for line in screening.help_for(conversation, now)] == list(detection.kinds()[kind])


def test_numbers_leave_the_page_after_a_day_or_when_it_was_nothing(write, people, now):
    conversation = write(body=DARK).conversation
    assert screening.help_for(conversation, now) and not screening.help_for(conversation, now + timedelta(hours=25))
    alarms.acknowledge(
        subject=subject_of(conversation),
        user=people["mediator"],
        read=[Alarm.objects.get().pk],
        is_false=True,
        reason="une chanson",
        now=now,
    )
    assert not screening.help_for(conversation, now)


def test_by_a_letter_the_numbers_leave_at_once_without_a_word_of_why(line, now):
    for number in range(2):
        inbound = Inbound.objects.create(
            channel="email",
            provider_id=str(number),
            sender="lou@exemple.invalid",
            sender_digest="d" * 64,
            subject="",
            body=DARK,
            verified=True,
            not_before=now,
            received_at=now,
        )
        intake.take(inbound, now)
    said = "\n".join(letter["text"] for letter in letters("told:"))
    assert said.count("le 3114") == 1 and "suicid" not in said and "mourir" not in said


# --- read by a human


def test_a_human_says_what_it_was(write, people, now):
    conversation = write(body=DARK).conversation
    alarm = Alarm.objects.get()
    later = now + timedelta(seconds=90)
    alarms.acknowledge(
        subject=subject_of(conversation),
        user=people["mediator"],
        read=[alarm.pk],
        is_false=False,
        reason="appelée",
        now=later,
    )
    alarm.refresh_from_db()
    conversation.refresh_from_db()
    assert (alarm.seen_by, alarm.is_false, conversation.is_alarming) == (people["mediator"], False, False)
    assert EventRecord.objects.get(name="danger.seen").data == {"seconds": 90, "false": False}
    assert Note.objects.get().body == "Alerte lue : appelée"


def test_a_false_alarm_needs_its_reason(write, people, now):
    conversation = write(body=DARK).conversation
    with pytest.raises(WrongState):
        alarms.acknowledge(
            subject=subject_of(conversation),
            user=people["mediator"],
            read=[Alarm.objects.get().pk],
            is_false=True,
            reason=" ",
            now=now,
        )
    assert Alarm.objects.open().count() == 1


def test_what_came_while_it_was_read_is_still_to_be_read(write, people, now):
    conversation = write(body=DARK).conversation
    read = [Alarm.objects.get().pk]
    services.write(journey=conversation.journey, body="il me frappe", key=uuid4(), now=now)
    alarms.acknowledge(
        subject=subject_of(conversation), user=people["mediator"], read=read, is_false=False, reason="", now=now
    )
    conversation.refresh_from_db()
    assert conversation.is_alarming and Alarm.objects.open().count() == 1


def test_from_the_desk(write, people, client_for):
    conversation = write(body=DARK).conversation
    desk = client_for(people["mediator"])
    address = f"/pro/conversations/{conversation.pk}"
    page = desk.get(f"{address}/").content.decode()
    assert "idées de suicide" in page and "je veux mourir" in page
    assert "Danger\xa0?" in desk.get("/pro/conversations/").content.decode()
    read = re.search(r'name="read" value="(\d+)"', page)[1]
    desk.post(f"{address}/alarme", {"read": read, "verdict": "false", "reason": "paroles d’une chanson"})
    assert not Conversation.objects.get().is_alarming and Alarm.objects.get().is_false
    assert "idées de suicide" not in desk.get(f"{address}/").content.decode()


def test_an_urgent_alarm_that_nobody_reads_is_told_again_once(write, line, people, now):
    line.oncall_email = "astreinte@exemple.invalid"
    line.save()
    write(body=DARK)
    alarms.remind(now + timedelta(minutes=9))
    assert letters("alarm-late:") == []
    for minutes in (10, 11, 12):
        alarms.remind(now + timedelta(minutes=minutes))
    assert {letter["to"] for letter in letters("alarm-late:")} == {
        people["supervisor"].email,
        "astreinte@exemple.invalid",
    }
    assert len(letters("alarm-late:")) == 2


# --- what an adult offers


@pytest.mark.parametrize(
    "body",
    [
        "appelle-moi au 06 12 34 56 78",
        "écris à karim@exemple.org",
        "mon snap c’est karim_d",
        "https://instagram.com/karim_d",
    ],
)
def test_a_contact_offered_to_a_minor_is_flagged_and_its_supervisor_told(write, people, body, now):
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    message = services.reply(conversation=conversation, user=people["mediator"], body=body, key=uuid4(), now=now)
    assert Message.objects.get(pk=message.pk).has_contact and message.body == body
    assert [letter["to"] for letter in letters("contact:")] == [people["supervisor"].email]
    assert EventRecord.objects.get(name="contact.offered").data == {"minor": True}


def test_help_numbers_and_structures_are_no_private_contact(write, people, structure, now):
    structure.phone = public_number("02 38 07 00 00")
    structure.save()
    conversation = write().conversation
    services.claim(conversation=conversation, user=people["mediator"], now=now)
    body = "Tu peux appeler le 3114, ou la mission locale au 02.38.07.00.00, accueil@exemple.invalid. Voir https://www.parcoursup.fr"
    assert screening.contacts(body) == []
    message = services.reply(conversation=conversation, user=people["mediator"], body=body, key=uuid4(), now=now)
    assert message.has_contact, "flagged all the same"
    assert letters("contact:") == [] and not EventRecord.objects.filter(name="contact.offered").exists()


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("02.38.07.00.00", "02 38 07 00 00"),
        ("+33238070000", "02.38.07.00.00"),
        ("+33 (0)2 38 07 00 00", "0238070000"),
        ("02-38-07-00-00", "+33 2 38 07 00 00"),
        ("+262262907500", "0262 90 75 00"),
        ("0262 90 75 00", "+262 262 90 75 00"),
    ],
)
def test_a_structure_s_number_is_public_however_it_was_written(kept, typed, structure):
    structure.phone = public_number(kept)
    structure.save()
    assert screening.contacts(f"Appelle la mission locale au {typed}.") == []
    assert screening.contacts("Appelle-moi au 02 38 07 00 01.") != [], "another number ending otherwise is nobody's"
    assert screening.contacts("Appelle-moi au 04 38 07 00 00.") != [], "another number ending alike is nobody's"


def test_a_contact_in_a_young_person_s_message_is_theirs(write):
    conversation = write(body="mon numéro 06 12 34 56 78").conversation
    assert not conversation.messages.get().has_contact


# --- with a real worker


@pytest.mark.django_db(transaction=True)
def test_from_the_message_to_the_letter_by_the_loops_alone(people, line, settings):
    """From the press on the button to the letter accepted by the mail server. How long it takes is measured by `make bench` (alarm)."""
    autodiscover_modules("tasks")
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    started = threading.Thread(target=loops.Worker().run)
    started.start()
    try:
        time.sleep(1)
        at = time.monotonic()
        Client().post("/parler", {"body": DARK, "key": uuid4()})
        folder, found = Path(settings.EMAIL_FILE_PATH), []
        while not found and time.monotonic() - at < 120:
            found = [file for file in folder.glob("*.log") if b"/pro/conversations/" in file.read_bytes()]
            time.sleep(0.02)
        assert found
    finally:
        loops.stopping.set()
        started.join(15)
        loops.stopping.clear()
        connection.close()
