"""Agreements: with a proof, until a day, taken back at any time; and what then comes down, here and elsewhere."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import AlreadyDecided, AlreadyThere, NotAcceptable
from relais.media.models import Upload
from relais.stories.models import Consent, ExternalCopy, Story
from relais.stories.studio import rights, services
from relais.stories.tests.making import again, consent, draft, proof, published

pytestmark = pytest.mark.django_db
TIKTOK = "https://www.tiktok.com/@relais/video/1"


def copy(story, people, now, channel="tiktok", address=TIKTOK):
    return rights.add_copy(story=story, user=people["mediator"], channel=channel, address=address, now=now)


def due(people, now):
    return [found.address for found in rights.to_take_down(Story.objects.visible_to(people["mediator"]), now)]


def test_no_agreement_without_its_own_whole_proof(people, now):
    story, other = draft(people, now), draft(people, now)
    sent = proof(story, now)
    values = {
        "kind": "person",
        "name": "Lou",
        "channels": ["site"],
        "starts": now.date(),
        "ends": now.date(),
        "now": now,
        "user": people["mediator"],
    }
    halves = Upload.objects.create(
        folder=story.folder,
        purpose="proof",
        name="a.pdf",
        size=9,
        received=3,
        created_by=people["mediator"],
        created_at=now,
        updated_at=now,
    )
    clip = proof(story, now)
    Upload.objects.filter(pk=clip.pk).update(purpose="clip")
    for wrong in (proof(other, now), halves, clip):
        with pytest.raises(NotAcceptable):
            rights.record_consent(story=story, proof=wrong, **values)
    rights.record_consent(story=story, proof=sent, **values)
    with pytest.raises(NotAcceptable):
        rights.record_consent(story=story, proof=sent, **values)
    assert Consent.objects.get().recorded_by == people["mediator"]
    assert EventRecord.objects.get(name="consent.recorded").data == {
        "story": story.slug,
        "kind": "person",
        "by": str(people["mediator"].pk),
    }


@pytest.mark.parametrize("kind", Consent.Kind.values)
def test_who_takes_it_back_is_obeyed_at_once(people, now, kind):
    story = published(people, now)
    rights.withdraw_consent(
        consent=story.consents.get(kind=kind), user=people["mediator"], reason="Par téléphone.", now=now
    )
    story = again(story)
    assert (story.state, story.withdrawal, story.withdrawn_at) == ("withdrawn", "Un accord a été retiré.", now)
    assert not Story.objects.published(now).exists()
    names = list(EventRecord.objects.order_by("pk").values_list("name", flat=True))[-3:]
    assert names == ["consent.withdrawn", "story.moved", "story.withdrawn"]
    with pytest.raises(AlreadyDecided):
        rights.withdraw_consent(
            consent=story.consents.get(kind=kind), user=people["mediator"], reason="Encore.", now=now
        )


def test_another_persons_agreement_does_not_keep_it_up(people, now):
    story = published(people, now)
    consent(story, now, "person", name="Quelqu’un d’autre")
    rights.withdraw_consent(
        consent=story.consents.get(name="person signataire"), user=people["mediator"], reason="Par courrier.", now=now
    )
    assert again(story).state == "withdrawn"


def test_the_same_persons_other_agreement_does(people, now):
    story = published(people, now)
    today = timezone.localdate(now)
    newer = consent(story, now, "person", name="  Person SIGNATAIRE", ends=today + timedelta(days=9))
    assert again(story).expires_at.date() > today + timedelta(days=300), "the longer of both"
    rights.withdraw_consent(
        consent=story.consents.exclude(pk=newer.pk).get(kind="person"),
        user=people["mediator"],
        reason="Remplacé.",
        now=now,
    )
    story = again(story)
    assert story.state == "published"
    assert timezone.localdate(story.expires_at) == today + timedelta(days=10)


def test_one_channel_taken_back_leaves_the_site_and_lists_that_copy(people, now):
    story = published(people, now)
    for kind in Consent.Kind.values:
        consent(story, now, kind, name=f"{kind} signataire", channels=["tiktok", "youtube"])
    copy(story, people, now)
    copy(story, people, now, "youtube", "https://youtu.be/1")
    assert due(people, now) == []
    rights.withdraw_consent(
        consent=story.consents.get(kind="person", channels__contains=["tiktok"]),
        user=people["mediator"],
        reason="Non.",
        now=now,
    )
    assert again(story).state == "published"
    assert due(people, now) == [TIKTOK, "https://youtu.be/1"]


def test_a_copy_on_a_channel_nobody_agreed_to_is_due_at_once(people, now):
    story = published(people, now)
    copy(story, people, now)
    assert due(people, now) == [TIKTOK]
    with pytest.raises(AlreadyThere):
        copy(story, people, now)


def test_it_ends_by_itself_at_midnight_once(people, now):
    story = published(people, now)
    story.consents.filter(kind="parent").update(ends=timezone.localdate(now))
    consent(story, now, "employer", name="employer signataire")
    end = again(story).expires_at
    assert timezone.localtime(end).replace(tzinfo=None) == datetime.combine(
        timezone.localdate(now) + timedelta(days=1), datetime.min.time()
    )
    assert rights.expire(end - timedelta(seconds=1)) == 0
    assert not Story.objects.published(end).exists(), "pages stop before the loop looks"
    assert (rights.expire(end), rights.expire(end)) == (1, 0)
    story = again(story)
    assert (story.state, story.withdrawal, story.expires_at) == ("withdrawn", "Un accord est arrivé à son terme.", None)
    assert EventRecord.objects.filter(name="story.moved").latest("pk").data["by"] is None


def test_the_addresses_go_once_to_who_runs_the_campaign(people, make_user, now):
    story = published(people, now)
    copy(story, people, now)
    copy(story, people, now, "youtube", "https://youtu.be/1?a=1&b=2")
    gone = copy(story, people, now, "facebook", "https://facebook.com/1")
    rights.copy_taken_down(copy=gone, user=people["mediator"], now=now)
    make_user("campaign_manager")
    letters = Outbound.objects.filter(key__startswith="take-down:")
    assert not letters.exists()
    services.withdraw(story=story, user=people["mediator"], reason="Une erreur.", now=now)
    letter = letters.get().payload
    assert letter["to"] == people["campaign_manager"].email
    assert (
        TIKTOK in letter["text"] and "https://youtu.be/1?a=1&b=2" in letter["text"] and "facebook" not in letter["text"]
    )
    assert due(people, now) == [TIKTOK, "https://youtu.be/1?a=1&b=2"]
    # Once it is a draft again, they are still out there.
    services.resume(story=story, user=people["mediator"], now=now)
    assert len(due(people, now)) == 2
    for found in ExternalCopy.objects.all():
        rights.copy_taken_down(copy=found, user=people["supervisor"], now=now)
    assert due(people, now) == []
    gone.refresh_from_db()
    assert gone.taken_down_by == people["mediator"], "the first who said it"


def test_without_a_campaign_manager_supervisors_are_told(people, now):
    story = published(people, now)
    copy(story, people, now)
    people["campaign_manager"].memberships.all().delete()
    services.withdraw(story=story, user=people["mediator"], reason="Une erreur.", now=now)
    assert Outbound.objects.get(key__startswith="take-down:").payload["to"] == people["supervisor"].email


def test_no_letter_when_nothing_is_elsewhere(people, now):
    services.withdraw(story=published(people, now), user=people["mediator"], reason="Une erreur.", now=now)
    assert not Outbound.objects.exists()


def test_nobody_elses_copies_are_listed(people, make_user, now):
    copy(draft(people, now), people, now)
    assert rights.to_take_down(Story.objects.visible_to(make_user("campaign_manager")), now) == []
