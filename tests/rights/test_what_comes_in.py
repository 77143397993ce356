"""Who has erased everything does not come back by a channel; what they wrote to another organisation is not ours to erase."""

from itertools import count

import pytest
from django.utils import timezone

from relais.channels import services as channels
from relais.channels import tasks
from relais.channels.models import Inbound
from relais.channels.tests.fakes import serving
from relais.channels.tests.test_sms import NUMBER, Ovh
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation, Line
from relais.coaching.rights import requests
from tests.builders import sms_account

pytestmark = pytest.mark.django_db
_numbers = count(1)


def write(body, account_of=None) -> Inbound:
    number = f"x{next(_numbers)}"
    message = {"channel": "sms", "provider_id": number, "sender": NUMBER, "body": body, "account_of": account_of}
    return channels.receive(at=timezone.now(), **message)[0]


def take() -> None:
    channels.deliver(intake.take, now=timezone.now())


def erase(conversation: Conversation) -> None:
    requests.erase(journey=conversation.journey, now=timezone.now())


def test_what_the_provider_still_has_is_not_fetched_again(line, now):
    with serving(Ovh()) as fake:
        fake.incoming = {7: {"id": 7, "sender": NUMBER, "message": "Oui", "creationDatetime": now.isoformat()}}
        sms_account(url=fake.address + "/1.0/sms/sms-xx1-1", dialect="ovh", key="ak:as:ck")
        tasks.fetch_sms(now)
        take()
        erase(Conversation.objects.get())
        tasks.fetch_sms(now)
        take()
    assert not Conversation.objects.exists()
    row = Inbound.objects.get()
    assert (row.provider_id, row.state, row.sender, row.sender_digest, row.body) == ("ovh:7", "taken", "", "", "")


def test_what_waits_goes_too_and_nobody_lets_it_in(line):
    write("Bonjour")
    take()
    write("Et encore")
    write("STOP")
    erase(Conversation.objects.get())
    take()
    assert not Conversation.objects.exists() and not Inbound.objects.set_aside().exists()
    assert set(Inbound.objects.values_list("state", "body")) == {("taken", ""), ("refused", ""), ("ignored", "")}
    assert not any(row.may_enter or not row.erased_at or row.sender_digest for row in Inbound.objects.all())


def test_what_waits_for_another_organisation_stays_and_it_remembers_what_came(line, make_user):
    there = make_user("mediator").memberships.get().organisation
    other = Line.objects.create(slug="b", name="B", organisation=there)
    write("à A", line.organisation_id)
    remembered = write("à B", other.organisation_id)
    take()
    write("à B encore", other.organisation_id)
    erase(Conversation.objects.get(line=line))
    assert Inbound.objects.filter(pk=remembered.pk).exclude(sender_digest="").exists()
    take()
    (conversation,) = Conversation.objects.all()
    assert conversation.line == other
    assert [one.body for one in conversation.messages.filter(side="young")] == ["à B", "à B encore"]
