"""Two organisations, each with its own number: what is written to one is of that one, and its answers leave by it."""

import json
from hmac import new as hmac_of
from itertools import count
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from relais.channels import accounts, opt_outs
from relais.channels import services as channels
from relais.channels.models import ChannelAccount, Inbound
from relais.channels.tests.fakes import Provider, serving
from relais.coaching import services
from relais.coaching.line import rerouting
from relais.coaching.messaging import intake
from relais.coaching.models import ChannelAddress, Conversation, Line
from relais.foundation import outbox
from relais.foundation.models import Outbound
from tests.builders import sms_account

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("by_day")]
MOBILE = "+33639980001"
_numbers = count(1)


class Place:
    """An organisation with its line, its people and its number."""

    def __init__(self, user, line, provider):
        self.user, self.line, self.provider = user, line, provider
        self.organisation = line.organisation_id
        self.secret = f"le-secret-de-la-porte-{line.pk}-{'x' * 20}"
        sms_account(owner=self.organisation, url=provider.address, webhook_secret=self.secret, key=f"clef-{line.pk}")

    def write(self, body, sender=MOBILE, number=None):
        return write(body, self.secret, f"/compte/{self.organisation}", sender, number)

    def answer(self, conversation, body="Bonjour à toi"):
        services.claim(conversation=conversation, user=self.user, now=timezone.now())
        services.reply(conversation=conversation, user=self.user, body=body, key=uuid4(), now=timezone.now())
        outbox.send_due(timezone.now())
        return Outbound.objects.filter(key__startswith="reply:").latest("created_at")


def write(body, secret, path="", sender=MOBILE, number=None) -> int:
    """An SMS as a gateway brings it, then one turn of the loop; the status of the answer."""
    content = json.dumps({"id": number or str(next(_numbers)), "from": sender, "text": body}).encode()
    at = str(int(timezone.now().timestamp()))
    signed = hmac_of(secret.encode(), at.encode() + b"." + content, "sha256").hexdigest()
    headers = {"x-relais-signature": f"t={at},s={signed}"}
    answer = Client().post(f"/entree/sms{path}", content, content_type="application/json", headers=headers)
    channels.deliver(intake.take, now=timezone.now())
    return answer.status_code


@pytest.fixture
def places(line, people, make_user):
    """Two of them: the first has the line that gets the rest."""
    there = make_user("mediator")
    other = Line.objects.create(slug="b", name="B", organisation=there.memberships.get().organisation)
    with serving(Provider((200, {}, {}))) as one, serving(Provider((200, {}, {}))) as two:
        yield Place(people["mediator"], line, one), Place(there, other, two)


def of(place) -> Conversation:
    return Conversation.objects.select_related("line", "journey").get(line=place.line)


def bodies(place) -> list[str]:
    return [one.body for one in of(place).messages.filter(side="young")]


def test_a_number_known_to_one_is_a_stranger_to_the_other(places):
    a, b = places
    for place, words in ((a, "à A"), (b, "à B"), (a, "encore A"), (b, "encore B")):
        assert place.write(words) == 200
    assert bodies(a) == ["à A", "encore A"] and bodies(b) == ["à B", "encore B"]
    assert of(a).journey_id != of(b).journey_id and ChannelAddress.objects.receiving().count() == 2
    assert set(Inbound.objects.values_list("owner", flat=True)) == {a.organisation, b.organisation}


def test_each_answer_leaves_by_the_account_of_its_organisation(places):
    for place in places:
        place.write("Bonjour")
        outbox.send_due(timezone.now())
        place.provider.requests.clear()
        assert place.answer(of(place)).state == "sent"
    for place in places:
        (request,) = place.provider.requests
        assert request["headers"]["authorization"] == f"Bearer clef-{place.line.pk}"
        assert json.loads(request["body"])["to"] == MOBILE


def test_two_providers_that_count_alike_take_no_message_from_each_other(places):
    a, b = places
    for place in places:
        assert place.write("Bonjour", number="1") == place.write("Bonjour", number="1") == 200
    assert bodies(a) == bodies(b) == ["Bonjour"]


def test_the_secret_of_one_opens_no_door_of_the_other(places):
    a, b = places
    path = f"/compte/{a.organisation}"
    assert write("Bonjour", b.secret, path) == 404 and write("Bonjour", "", path) == 404
    assert write("Bonjour", a.secret) == 404, "that of the installation, which has no account"
    assert write("Bonjour", a.secret, f"/compte/{uuid4()}") == 404
    assert not Inbound.objects.exists()
    form = {"id": "1", "from": MOBILE, "message": "À B, sans signature"}
    assert Client().post(f"/entree/sms/{b.secret}", "&".join(f"{k}={v}" for k, v in form.items()).replace("+", "%2B"),
        content_type="application/x-www-form-urlencoded").status_code == 200  # fmt: skip
    channels.deliver(intake.take, now=timezone.now())
    assert bodies(b) == ["À B, sans signature"] and not Conversation.objects.filter(line=a.line).exists()


def test_who_wrote_to_the_installation_is_no_stranger_to_who_answered(places):
    """The organisation got an account of its own later: its answers leave by it, and what is answered to it comes back to the same thread."""
    a, _ = places
    ChannelAccount.objects.all().delete()
    with serving(Provider((200, {}, {}))) as shared:
        secret = sms_account(url=shared.address).webhook_secret
        assert write("À tous", secret) == 200 and bodies(a) == ["À tous"]
        assert a.answer(of(a)).state == "sent" and shared.requests
        sms_account(owner=a.organisation, url=a.provider.address, webhook_secret=a.secret)
        assert a.answer(of(a), "Et encore").state == "sent" and a.provider.requests
        a.write("Merci")
        assert bodies(a) == ["À tous", "Merci"]
        assert write("À l’ancien numéro", secret) == 200 and bodies(a)[-1] == "À l’ancien numéro"


def test_who_is_known_to_the_account_of_one_is_a_stranger_to_that_of_the_installation(places):
    a, b = places
    b.write("à B")
    secret = sms_account(url="https://sms.exemple.invalid").webhook_secret
    assert write("à tous", secret) == 200
    assert bodies(b) == ["à B"] and bodies(a) == ["à tous"], "the line that gets the rest"
    ChannelAccount.objects.filter(owner=b.organisation).delete()
    assert write("encore", secret) == 200 and bodies(a) == ["à tous", "encore"], "where the last one came"


def test_once_its_own_account_has_ended_an_organisation_answers_by_that_of_the_installation(places):
    a, b = places
    b.write("à B")
    ChannelAccount.objects.filter(owner=b.organisation).delete()
    with serving(Provider((200, {}, {}))) as shared:
        secret = sms_account(url=shared.address).webhook_secret
        assert b.answer(of(b)).state == "sent" and shared.requests
        assert write("Merci", secret) == 200
        assert bodies(b) == ["à B", "Merci"] and not Conversation.objects.filter(line=a.line).exists()


def test_with_no_account_at_all_nothing_leaves_and_somebody_sees_it(places):
    a, _ = places
    a.write("Bonjour")
    ChannelAccount.objects.all().delete()
    row = a.answer(of(a))
    assert row.state == "failed" and "Aucun service de SMS" in row.error


def test_stop_to_one_number_stops_what_leaves_by_it_and_nothing_else(places, client_for, make_user):
    a, b = places
    for place in places:
        place.write("Bonjour")
    b.write("STOP")
    assert Inbound.objects.get(reason="stop").owner == b.organisation
    assert b.answer(of(b)).state == "stopped" and a.answer(of(a)).state == "sent"
    decides = make_user("supervisor", organisation=b.line.organisation)
    assert "Plus rien ne part" in client_for(decides).get("/pro/entrees/").text
    a.write("Encore moi")
    assert opt_outs.holds("sms", MOBILE, owner=b.organisation)


def test_an_organisation_without_a_line_keeps_what_is_written_to_it(places):
    """It goes to nobody else's; it enters once there is a line."""
    _, b = places
    Line.objects.filter(pk=b.line.pk).delete()
    b.write("à B")
    row = Inbound.objects.get()
    assert (row.state, row.owner) == ("new", b.organisation) and not Conversation.objects.exists()
    assert accounts.serving("sms", b.organisation)


def test_a_line_for_everybody_comes_before_one_that_is_limited(places):
    _, b = places
    Line.objects.filter(pk=b.line.pk).update(departements=["45"])
    whole = Line.objects.create(slug="b2", name="B2", organisation_id=b.organisation)
    b.write("à B")
    assert Conversation.objects.get().line == whole


@pytest.mark.parametrize("passed_on_first", [True, False])
def test_stop_to_the_number_of_one_stops_who_answers_there_by_now(places, passed_on_first):
    a, b = places
    a.write("Bonjour")
    conversation, now = of(a), timezone.now()
    services.claim(conversation=conversation, user=a.user, now=now)
    for passes in (passed_on_first, not passed_on_first):
        if passes:
            rerouting.pass_on(conversation=conversation, line=b.line, user=a.user, reason="x", now=now)
        else:
            a.write("STOP")
    outbox.send_due(timezone.now())
    b.provider.requests.clear()
    assert b.answer(of(b)).state == "stopped" and not b.provider.requests
    b.write("Bonjour")
    assert b.answer(of(b)).state == "sent", "whoever writes to them waits for them"
