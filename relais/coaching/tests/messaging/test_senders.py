"""A sender is a hint: whoever writes somebody else's address or number above a message gets nothing of theirs.

All comes in by the real doors, and is read on the pages of those concerned.
"""

import json
import random
from base64 import b64encode
from datetime import timedelta
from email.message import EmailMessage
from hmac import new as hmac_of
from itertools import count
from uuid import uuid4

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import timezone

from relais.channels import services as channels
from relais.channels.email import reading
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import ChannelAddress, Conversation, Message
from relais.coaching.rights import requests
from relais.coaching.thread import outbound
from relais.foundation import codes, redaction
from relais.foundation.models import EventRecord, Outbound
from relais.journeys import services as journeys
from relais.safeguarding.models import Alarm
from tests.builders import WEBHOOK as SECRET
from tests.builders import sms_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_day")]
LEA, MOBILE = "lea@exemple.invalid", "+33639980001"
PASSED, FAILED, SILENT = "mx; dmarc=pass header.from=exemple.invalid", "mx; spf=fail; dkim=fail; dmarc=fail", ""
_numbers = count(1)


@pytest.fixture(autouse=True)
def doors(settings, line):
    settings.SITE_URL = "https://relais.exemple.invalid"
    settings.INBOUND_EMAIL_SECRET = SECRET
    sms_account()


def letter(body, *, sender=LEA, results=SILENT, subject=""):
    """A letter as a mail server hands it over, then one turn of the loop."""
    message = EmailMessage()
    message["From"], message["Message-ID"], message["Subject"] = sender, f"<{next(_numbers)}@exemple.invalid>", subject
    if results:
        message["Authentication-Results"] = results
    message.set_content(body)
    password = b64encode(f"relais:{SECRET}".encode()).decode()
    answer = Client().post(
        "/entree/email/mime",
        message.as_bytes(),
        content_type="message/rfc822",
        headers={"authorization": f"Basic {password}"},
    )
    assert answer.json() == {"kept": 1}
    reading.read_all(timezone.now())
    channels.deliver(intake.take, now=timezone.now())


def sms(body, *, sender=MOBILE):
    """An SMS as a gateway hands it over, then one turn of the loop."""
    content = json.dumps({"id": str(next(_numbers)), "from": sender, "text": body}).encode()
    at = str(int(timezone.now().timestamp()))
    signed = hmac_of(SECRET.encode(), at.encode() + b"." + content, "sha256").hexdigest()
    answer = Client().post(
        "/entree/sms", content, content_type="application/json", headers={"x-relais-signature": f"t={at},s={signed}"}
    )
    assert answer.json() == {"kept": 1}
    channels.deliver(intake.take, now=timezone.now())


class Person:
    """Somebody with a browser and a conversation of their own on the site."""

    def __init__(self, write, body):
        opened = write(body, at=timezone.now())
        self.conversation, self.browser = opened.conversation, Client()
        self.browser.cookies[site.JOURNEY_COOKIE_NAME] = opened.cookie
        self.code = codes.grouped(journeys.resume_code(opened.conversation.journey))

    def page(self):
        return self.browser.get("/parler").content.decode()


def bodies(conversation):
    return [one.body for one in conversation.messages.all()]


@pytest.fixture
def attacker(write):
    return Person(write, "Mots de quelqu’un d’autre")


@pytest.mark.parametrize("results", [FAILED, SILENT, "mx; dkim=pass header.d=ailleurs.invalid; dmarc=none"])
def test_a_forged_letter_with_ones_own_code_moves_nothing(attacker, results):
    letter("SECRET-DE-LEA", results=PASSED)
    theirs = ChannelAddress.objects.get().conversation
    letter(f"code {attacker.code}", results=results)
    letter(f"Voilà, code : {attacker.code} merci", results=results)
    letter("SECOND-SECRET", results=PASSED)
    assert "SECRET" not in attacker.page() and len(bodies(attacker.conversation)) == 1
    assert bodies(theirs) == ["SECRET-DE-LEA", intake.ONLY_A_CODE, "Voilà,  merci", "SECOND-SECRET"]
    assert not any(attacker.code in body for body in bodies(theirs)), "a code opens everything: it is shown to nobody"
    assert not EventRecord.objects.filter(name="conversation.merged").exists()


def test_a_forged_number_with_ones_own_code_moves_nothing(attacker):
    sms("SECRET-DE-LEA")
    theirs = ChannelAddress.objects.get().conversation
    sms(f"code {attacker.code}")
    sms("SECOND-SECRET")
    assert "SECRET" not in attacker.page() and len(bodies(attacker.conversation)) == 1
    assert bodies(theirs) == ["SECRET-DE-LEA", intake.ONLY_A_CODE, "SECOND-SECRET"]


@pytest.mark.parametrize("door, send", [("sms", sms), ("email", letter)])
def test_a_code_sent_before_the_first_word_catches_nothing_of_what_follows(attacker, door, send):
    """The number or the address is one that nobody wrote from yet: it is not taken over in advance."""
    send(f"Salut, code {attacker.code} je continue ici")
    send("SECRET-DE-LEA")
    assert "SECRET" not in attacker.page()
    opened = ChannelAddress.objects.get().conversation
    assert opened.pk != attacker.conversation.pk and opened.channel == door
    assert bodies(opened) == ["Salut,  je continue ici", "SECRET-DE-LEA"]
    told = Outbound.objects.filter(key__startswith="told:").order_by("created_at").first().payload["text"]
    assert "Ton code se tape sur https://relais.exemple.invalid/parler/reprendre" in told and "Mots de" not in told


def test_a_right_and_a_wrong_code_get_the_same_answer_where_nothing_proves_the_sender(attacker):
    sms("code ACDE-FGHJ-KMNP")
    sms(f"code {attacker.code}", sender="+33639980002")
    first, second = (row.payload["text"] for row in Outbound.objects.filter(key__startswith="told:"))
    assert first == second


def test_a_verified_letter_with_a_code_brings_the_later_ones_and_leaves_the_earlier_ones(write, people):
    letter("Sans mon code", results=PASSED)
    before = ChannelAddress.objects.get().conversation
    person = Person(write, "Depuis le site")
    letter(f"code {person.code}\n\nMe revoilà", results=PASSED)
    letter("La suite", results=PASSED)
    assert bodies(person.conversation) == ["Depuis le site", "Me revoilà", intake.GOES_ON["email"], "La suite"]
    assert "La suite" in person.page() and "Sans mon code" not in person.page()
    assert bodies(before) == ["Sans mon code", intake.MOVED_ON]
    for conversation in (before, person.conversation):
        services.claim(conversation=conversation, user=people["mediator"], now=timezone.now())
        services.reply(
            conversation=conversation,
            user=people["mediator"],
            body=f"Pour {conversation.pk}",
            key=uuid4(),
            now=timezone.now(),
        )
    sent = {row.about: row.payload["to"] for row in Outbound.objects.filter(key__startswith="reply:")}
    assert sent == {before.pk: LEA, person.conversation.pk: LEA}, (
        "an answer in the one that was left still reaches them"
    )


def test_two_codes_by_turns_move_the_sender_back_and_forth(write):
    one, two = Person(write, "Un"), Person(write, "Deux")
    for person in (one, two, one):
        letter(f"code {person.code}", results=PASSED)
    letter("Où suis-je", results=PASSED)
    assert "Où suis-je" in one.page() and "Où suis-je" not in two.page()
    assert ChannelAddress.objects.receiving().get().conversation_id == one.conversation.pk


def test_erasing_the_one_that_was_left_keeps_what_is_on_its_way_to_the_other(write):
    letter("Ancien", results=PASSED)
    before = ChannelAddress.objects.get().conversation
    person = Person(write, "Depuis le site")
    letter(f"code {person.code}", results=PASSED)
    channels.receive(channel="email", provider_id="en route", sender=LEA, body="En route", at=timezone.now())
    requests.erase(journey=before.journey, now=timezone.now())
    channels.deliver(intake.take, now=timezone.now())
    assert "En route" in person.page()


def test_a_joined_pair_that_one_address_wrote_to_goes_on(write, join):
    """A human joins the conversation that was left with the one of the code: two rows of one address, and the next letter still comes in."""
    letter("Ancien", results=PASSED)
    before = ChannelAddress.objects.get().conversation
    person = Person(write, "Depuis le site")
    letter(f"code {person.code}", results=PASSED)
    join(person.conversation, before, at=timezone.now())
    letter("Encore", results=PASSED)
    letter(f"code {person.code} et encore", results=PASSED)
    assert "Encore" in person.page() and Conversation.objects.count() == 1


@pytest.mark.parametrize(
    "come, doubt",
    [
        (lambda: letter("Coucou", results=PASSED), ""),
        (lambda: letter("Coucou", results=FAILED), "failed"),
        (lambda: letter("Coucou"), "unknown"),
        (lambda: sms("Coucou"), "unknown"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_team_sees_which_message_nothing_proves(client_for, people, come, doubt, first):
    if not first:
        letter("Avant", results=PASSED)
        sms("Avant")
    come()
    message = Message.objects.filter(side="young").order_by("id").last()
    assert (message.body, message.doubt) == ("Coucou", doubt)
    client = client_for(people["mediator"])
    services.claim(conversation=message.conversation, user=people["mediator"], now=timezone.now())
    thread = client.get(f"/pro/conversations/{message.conversation_id}/").content.decode()
    shown = thread[thread.index(f'id="m{message.seq}"') :].split("</li>")[0]
    assert ("Expéditeur non vérifié" in shown) == bool(doubt)
    assert Message.Doubt(doubt).label.replace(" :", "\u00a0:") in shown.replace("&#39;", "’") if doubt else True


def test_a_letter_passed_on_and_forged_is_marked_too(client_for, people):
    letter("Bonjour", results=PASSED)
    conversation = ChannelAddress.objects.get().conversation
    channels.receive(
        channel="email",
        provider_id="autre",
        sender="mere@exemple.invalid",
        body="Je suis sa mère",
        at=timezone.now(),
        verified=False,
        thread=outbound.thread_of(conversation),
    )
    channels.deliver(intake.take, now=timezone.now())
    assert [(one.body, one.doubt) for one in conversation.messages.filter(side="young")] == [
        ("Bonjour", ""),
        ("Je suis sa mère", "failed"),
    ]


def test_what_is_written_on_the_site_needs_no_proof(write):
    person = Person(write, "Bonjour")
    services.write(journey=person.conversation.journey, body="Encore", key=uuid4(), now=timezone.now())
    assert set(Message.objects.values_list("doubt", flat=True)) == {""}
    assert "dit venir de toi" not in person.page()


def test_a_subject_is_what_they_say_unless_it_is_ours():
    letter("", subject="Le foyer m’a mise dehors et j’ai envie de mourir")
    assert Alarm.objects.count() == 1
    letter("Merci", subject=f"RE: Re : Relais{outbound.SUBJECT}")
    letter("Envoyé de mon iPhone", subject="Je dors dehors", results=PASSED)
    assert bodies(Conversation.objects.get()) == [
        "Le foyer m’a mise dehors et j’ai envie de mourir",
        "Merci",
        "Je dors dehors\n\nEnvoyé de mon iPhone",
    ]
    letter("", sender="zoe@exemple.invalid", subject=f"Re: Relais{outbound.SUBJECT}")
    assert bodies(Conversation.objects.order_by("opened_at").last()) == [intake.NO_WORD]


def test_what_nothing_proves_does_not_take_the_answers_along(write, people):
    """Whoever imitates an address would read nothing, and would keep the other from reading."""
    letter("Bonjour", results=PASSED)
    conversation = Conversation.objects.select_related("journey").get()
    services.write(journey=conversation.journey, body="Je suis sur le site", key=uuid4(), now=timezone.now())
    for _ in range(2):
        letter("Réponds-moi ici")
    conversation.refresh_from_db()
    assert conversation.channel == "site" and bodies(conversation)[2:] == [
        "Réponds-moi ici",
        intake.STAYS["email"],
        "Réponds-moi ici",
    ]
    assert conversation.messages.get(seq=3).channel == "email"
    letter("C’est bien moi", results=PASSED)
    conversation.refresh_from_db()
    assert conversation.channel == "email"


def test_a_number_takes_no_answer_away_from_the_site():
    sms("Bonjour")
    conversation = Conversation.objects.select_related("journey").get()
    assert conversation.channel == "sms"
    services.write(journey=conversation.journey, body="Je suis sur le site", key=uuid4(), now=timezone.now())
    sms("Et par SMS")
    conversation.refresh_from_db()
    assert conversation.channel == "site" and bodies(conversation)[-1] == intake.STAYS["sms"]


def test_the_young_person_sees_what_another_address_wrote(write):
    letter("Bonjour", results=PASSED)
    conversation = Conversation.objects.select_related("journey").get()
    channels.receive(
        channel="email",
        provider_id="autre",
        sender="mere@exemple.invalid",
        body="Je suis sa mère",
        at=timezone.now(),
        verified=True,
        thread=outbound.thread_of(conversation),
    )
    channels.deliver(intake.take, now=timezone.now())
    assert [one.doubt for one in conversation.messages.filter(side="young")] == ["", "other"]
    browser = Client()
    browser.cookies[site.JOURNEY_COOKIE_NAME] = services.enter(conversation=conversation, now=timezone.now())
    assert "d’une autre adresse que la tienne. Si tu ne l’as pas écrit" in browser.get("/parler").content.decode()


def test_danger_in_what_was_set_aside_is_told_and_stands_first(client_for, people):
    now = timezone.now()
    for number, (body, reason) in enumerate(
        [
            ("j'ai envie de mourir", "no-sender"),
            ("je veux mourir", "list"),
            ("Promotions", "list"),
            ("j'ai envie de mourir", "own"),
        ]
    ):
        sender = "" if reason == "no-sender" else f"{number}@exemple.invalid"
        channels.receive(channel="email", provider_id=f"a{number}", sender=sender, body=body, at=now, reason=reason)
    rows = Outbound.objects.filter(key__startswith="aside:").order_by("not_before")
    assert [round((row.not_before - now) / timedelta(seconds=1)) for row in rows] == [0, 60], "one letter a minute"
    told = [row.payload for row in rows]
    assert {one["to"] for one in told} == {people["supervisor"].email}
    assert "mourir" not in told[0]["text"] and "/pro/entrees/" in told[0]["text"]
    page = client_for(people["supervisor"]).get("/pro/entrees/").content.decode()
    assert page.count("Danger\xa0?") == 2 and page.index("je veux mourir") < page.index("Promotions")


def test_links_and_codes_are_masked_however_they_are_written():
    for link in (
        "/parler/l/ACDEFGHJKMNP",
        "%2Fparler%2Fl%2FACDEFGHJKMNP",
        "%252fparler%252Fl%252fACDE-FGHJ-KMNP",
        "/parler/l/ACDE%2DFGHJ-KMNP",
        "%252525252Fparler%252525252Fl%252525252FACDEFGHJKMNP",
    ):
        assert "KMNP" not in redaction.masked_in_words(f"x https://r.invalid{link} y") and redaction.masked_in_words(
            f"{link} y"
        ).endswith(" y")


@pytest.mark.parametrize(
    "words",
    [
        "Questions/réponses et orientation/insertion",
        "https://www.onisep.fr/orientation/choisir-mes-etudes",
        "https://a.invalid/questions/comment-devenir-educ",
        "/nouvelles/du-jour",
    ],
)
def test_what_somebody_wrote_of_other_sites_stays_whole(words):
    assert redaction.masked_in_words(words) == words


@pytest.mark.parametrize("seed", range(8))
def test_no_order_of_messages_shows_the_words_of_one_to_another(write, seed):
    """Two people write by all doors, each also in the other's name and with their own code; only the true one is ever proven.

    What a forger writes in somebody's name may reach that one, marked. What one writes as oneself never reaches another.
    """
    draw, said = random.Random(seed), {"ana": [], "bob": []}
    people = {name: Person(write, f"({name} 0)") for name in said}
    numbers = {"ana": "+33639980011", "bob": "+33639980012"}
    for number in range(1, draw.randint(8, 18)):
        writer, claimed = draw.choice(list(said)), draw.choice(list(said))
        word = f"({writer} {number})"
        text = word if draw.random() < 0.4 else f"{word} code {draw.choice([people[writer].code, 'ACDE-FGHJ-KMNP'])}"
        if claimed == writer:
            said[writer].append(word)
        if draw.random() < 0.5:
            sms(text, sender=numbers[claimed])
        else:
            proofs = [SILENT, FAILED] if claimed != writer else [PASSED, PASSED, SILENT, FAILED]
            letter(text, sender=f"{claimed}@exemple.invalid", results=draw.choice(proofs))
        assert word in "".join(one.body for one in Message.objects.all()), "every word is somewhere"
    for reader, writer in (("ana", "bob"), ("bob", "ana")):
        page = people[reader].page()
        assert f"({reader} 0)" in page and [word for word in said[writer] if word in page] == []
