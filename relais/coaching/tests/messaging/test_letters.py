"""A letter at the real door, as far as the mediator's page and the alarm: nothing that a person wrote is lost or unheard."""

from base64 import b64encode
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from relais.channels import services as channels
from relais.channels.email import reading
from relais.channels.models import Inbound
from relais.channels.tests import test_quoting
from relais.coaching import services
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation, Message
from relais.coaching.thread import outbound
from relais.safeguarding.models import Alarm

pytestmark = pytest.mark.django_db
SECRET = "un-secret-de-porte-bien-assez-long"
LETTERS = Path(__file__).parents[3] / "channels" / "tests" / "letters"
DARK = "j'ai envie de mourir"


@pytest.fixture(autouse=True)
def site(settings, line):
    settings.SITE_URL, settings.INBOUND_EMAIL_SECRET = "https://relais.exemple.invalid", SECRET
    settings.DEFAULT_FROM_EMAIL = "Relais <bonjour@relais.exemple.invalid>"


@pytest.fixture
def bring(client):
    """bring(bytes) → posts a letter at the door, lets the worker take a turn."""

    def go(raw):
        basic = "Basic " + b64encode(f"relais:{SECRET}".encode()).decode()
        assert (
            client.post(
                "/entree/email/mime", raw, content_type="message/rfc822", headers={"authorization": basic}
            ).status_code
            == 200
        )
        reading.read_all(timezone.now())
        channels.deliver(intake.take, now=timezone.now())

    return go


def letter(body, number="1", **headers):
    message = EmailMessage()
    message["From"], message["Message-ID"] = "Lou <lou@exemple.invalid>", f"<{number}@exemple.invalid>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


@pytest.fixture
def answered(bring, people):
    """A conversation in which a mediator answered with words that would ring if they were the person's."""
    bring(letter("Bonjour"))
    conversation = Conversation.objects.get()
    services.claim(conversation=conversation, user=people["mediator"], now=timezone.now())
    body = "Salut,\n\nSi tu as envie de mourir, appelle le 3114 : la nuit aussi, quelqu’un répond, gratuitement, et sans te demander ton nom."
    services.reply(conversation=conversation, user=people["mediator"], body=body, key=uuid4(), now=timezone.now())
    return conversation, body


def desk(client_for, people, conversation):
    return client_for(people["mediator"]).get(f"/pro/conversations/{conversation.pk}/").content.decode()


def test_an_answer_that_begins_with_le_or_on_is_there_and_rings(bring, people, client_for):
    bring(letter(f"Coucou Sarah\nOn {DARK}, en 2026.\n\n{test_quoting.ANNOUNCED['gmail']}"))
    conversation = Conversation.objects.get()
    page = desk(client_for, people, conversation)
    assert (
        f"On {DARK}, en 2026." in page.replace("&#39;", "'") and Alarm.objects.count() == 1 and conversation.is_alarming
    )
    bring((LETTERS / "10-reply-that-begins-with-Le.eml").read_bytes())
    assert (
        Message.objects.filter(side="young")
        .order_by("id")
        .last()
        .body.endswith("Bonjour,\n\nLe foyer m'a mis dehors hier soir.")
    )


def test_what_was_folded_away_opens_and_is_listened_to(bring, people, client_for, answered):
    """Words written inside the quotation: folded, not lost, and the alarm hears them."""
    conversation, body = answered
    quoted = f"De : Relais <bonjour@relais.exemple.invalid>\nEnvoyé : vendredi 27 novembre 2026 14:03\nÀ : lou@exemple.invalid\nObjet : Relais\n\n{body}\n\n"
    bring(letter(f"D’accord.\n\n{quoted}{DARK}\nhttps://relais.exemple.invalid/parler/l/SECRET", number="2"))
    said = conversation.messages.filter(side="young").last()
    assert said.body == "D’accord." and DARK in said.whole
    assert "SECRET" not in said.whole, "what opens the conversation is not for whoever reads it"
    assert Alarm.objects.filter(item=said.pk).exists()
    page = desk(client_for, people, conversation).replace("\xa0", " ").replace("&#39;", "'")
    assert "<summary>Voir la lettre entière</summary>" in page and DARK in page.split("Voir la lettre entière")[1]


@pytest.mark.parametrize("program", ["gmail", "wrapped", "outlook"])
def test_our_own_words_quoted_back_do_not_ring(bring, answered, program):
    conversation, body = answered
    marked = "\n".join(f"> {line}" for line in body.split("\n"))
    quoted = {
        "gmail": f"Le ven. 27 nov. 2026 à 14:03, Relais <bonjour@relais.exemple.invalid> a écrit :\n\n{marked}",
        "wrapped": "Le ven. 27 nov. 2026 à 14:03, Relais <bonjour@relais.exemple.invalid> a écrit :\n\n> Salut,\n>\n> Si tu as envie de mourir, appelle\n"
        "> le 3114 : la nuit aussi, quelqu’un répond, gratuitement,\n> et sans te demander ton nom.",
        "outlook": f"De : Relais <bonjour@relais.exemple.invalid>\nEnvoyé : vendredi 27 novembre 2026 14:03\nÀ : lou@exemple.invalid\n\n{body}",
    }[program]
    bring(letter(f"D’accord, merci.\n\n{quoted}", number="2"))
    assert conversation.messages.filter(side="young").count() == 2 and not Alarm.objects.exists()


def test_their_own_words_ring_even_where_ours_are_quoted_around_them(bring, answered):
    _, body = answered
    bring(letter(f"> {body.splitlines()[2]}\n{DARK}\n> Salut,", number="2"))
    assert Alarm.objects.count() == 1


def test_words_that_repeat_ours_ring_where_they_wrote_them(bring, answered):
    """They may say with our words what we named first."""
    _, body = answered
    bring(letter(body.splitlines()[2], number="2"))
    assert Alarm.objects.count() == 1


def test_every_letter_is_in_a_conversation_or_on_the_page(bring, client_for, people):
    """What nobody can answer, what has no shape, what a program wrote: all of it is shown, and the page never says « rien » when there is."""
    page = client_for(people["supervisor"])
    assert "Tout ce qui est arrivé est dans une conversation." in page.get("/pro/entrees/").content.decode()
    bring(b"From: Maelys sans adresse\r\nMessage-ID: <1@x.invalid>\r\n\r\nJe suis dehors ce soir.")
    bring(letter("Je suis absent.", number="2", Auto_Submitted="auto-replied"))
    bring(b"\r\n\r\n")
    bring((LETTERS / "25-from-unquoted-comma.eml").read_bytes())
    bring((LETTERS / "24-broken-encoded-subject.eml").read_bytes())
    bring((LETTERS / "07-contact-form-reply-to.eml").read_bytes())
    shown = page.get("/pro/entrees/").content.decode().replace("\xa0", " ")
    assert (
        "Je suis dehors ce soir." in shown
        and "Maelys sans adresse" in shown
        and "Je suis absent." in shown
        and "Tout ce qui est arrivé" not in shown
    )
    aside = set(Inbound.objects.set_aside().values_list("pk", flat=True))
    assert set(Inbound.objects.exclude(state="taken").values_list("pk", flat=True)) == aside and len(aside) == 3
    assert all(
        f"/pro/entrees/{pk}/" in shown or Inbound.objects.get(pk=pk).reason in ("no-sender", "empty") for pk in aside
    )
    conversation = Conversation.objects.get()
    assert (
        outbound.address_of(conversation).address == "maelys@exemple.invalid"
        and conversation.messages.filter(side="young").count() == 3
    )


def test_files_that_nobody_attached_are_not_told(bring):
    for number in ("03-smime-signed", "03b-outlook-logo-in-signature", "03e-calendar-answer"):
        bring((LETTERS / f"{number}.eml").read_bytes())
    assert not [one.body for one in Message.objects.filter(side="young") if "Fichiers joints" in one.body]
