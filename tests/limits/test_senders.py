"""How often one sender, one person and one organisation may do one thing."""

import pytest

from relais.accounts import providers
from relais.channels import opt_outs
from relais.channels import services as channels
from relais.channels.models import Inbound
from relais.coaching.messaging import aside, intake
from relais.foundation.models import Outbound
from relais.foundation.refusals import TooOften
from tests import builders

from .wanted import HOUR, MINUTE, SECOND, WANTED, stand

pytestmark = pytest.mark.django_db
DANGER = "je veux mourir, je vais le faire ce soir"


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
