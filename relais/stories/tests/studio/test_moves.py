"""Who moves a story where, what changes it, and until when it is shown."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from relais.foundation import meanwhile
from relais.foundation.models import EventRecord
from relais.foundation.refusals import ChangedMeanwhile, NotAllowed, SecondPersonNeeded, WrongState
from relais.stories.models import Story
from relais.stories.studio import gates, services
from relais.stories.tests.making import again, approved, clip, consent, draft, published, whole

pytestmark = pytest.mark.django_db


# --- the table of moves

DOES = {
    "submit": ("in-review", lambda story, people, now: services.submit(story=story, user=people["mediator"], now=now)),
    "send back": (
        "draft",
        lambda story, people, now: services.send_back(
            story=story, user=people["supervisor"], reason="À revoir.", now=now
        ),
    ),
    "approve": (
        "approved",
        lambda story, people, now: services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=people["supervisor"],
            now=now,
        ),
    ),
    "publish": (
        "published",
        lambda story, people, now: services.publish(story=story, user=people["supervisor"], now=now),
    ),
    "withdraw": (
        "withdrawn",
        lambda story, people, now: services.withdraw(story=story, user=people["mediator"], reason="Non.", now=now),
    ),
    "resume": ("draft", lambda story, people, now: services.resume(story=story, user=people["mediator"], now=now)),
}


MAY = {
    "draft": {"submit"},
    "in-review": {"send back", "approve"},
    "approved": {"send back", "publish"},
    "published": {"withdraw"},
    "withdrawn": {"resume"},
}


@pytest.mark.parametrize("before", Story.State.values)
@pytest.mark.parametrize("does", DOES)
def test_every_move_is_in_the_table_or_refused(people, now, before, does):
    story = approved(people, now)
    Story.objects.filter(pk=story.pk).update(state=before, published_at=now)
    after, act = DOES[does]
    if does in MAY[before]:
        assert after in Story.MOVES[before]
        act(story, people, now)
        assert again(story).state == after
        moved = EventRecord.objects.filter(name="story.moved").latest("pk").data
        assert (moved["before"], moved["after"]) == (before, after)
    else:
        events = EventRecord.objects.count()
        with pytest.raises(WrongState):
            act(story, people, now)
        assert again(story).state == before and EventRecord.objects.count() == events


def test_the_table_and_the_services_agree():
    assert {before: {DOES[does][0] for does in may} for before, may in MAY.items()} == Story.MOVES


def test_four_eyes(people, make_user, now):
    story = whole(people, now)
    services.submit(story=story, user=people["supervisor"], now=now)
    with pytest.raises(SecondPersonNeeded):
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=people["supervisor"],
            now=now,
        )
    with pytest.raises(NotAllowed):
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=people["mediator_2"],
            now=now,
        )
    with pytest.raises(NotAllowed):
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=make_user("supervisor"),
            now=now,
        )
    assert (
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=people["campaign_manager"],
            now=now,
        ).approved_by
        == people["campaign_manager"]
    )
    with pytest.raises(NotAllowed):
        services.publish(story=story, user=people["mediator"], now=now)


def test_the_database_itself_wants_another_to_approve(people, now):
    story = approved(people, now)
    with pytest.raises(IntegrityError, match="story_approved_by_a_second_person"), transaction.atomic():
        Story.objects.filter(pk=story.pk).update(submitted_by=F("approved_by"))
    # Its author may have left: a story whose first person is nobody is no approval by oneself.
    assert Story.objects.filter(pk=story.pk).update(submitted_by=None) == 1


def test_who_changes_it_in_review_does_not_approve_it(people, now):
    story = whole(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    change(story, people["supervisor"], now, title="Autre chose")
    services.proofread(story=story, now=now)
    with pytest.raises(SecondPersonNeeded):
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=people["supervisor"],
            now=now,
        )
    services.approve(
        story=story,
        seen=meanwhile.fingerprint(services.told_whole(again(story))),
        user=people["campaign_manager"],
        now=now,
    )


def test_nobody_approves_what_is_not_whole(people, now):
    story = draft(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    with pytest.raises(services.GatesClosed):
        services.approve(
            story=story,
            seen=meanwhile.fingerprint(services.told_whole(again(story))),
            user=people["supervisor"],
            now=now,
        )


CHANGES = {
    "title": lambda story, now: Story.objects.filter(pk=story.pk).update(title="Autre"),
    "captions": lambda story, now: Story.objects.filter(pk=story.pk).update(
        cues=[{"start": 0, "end": 900, "text": "Autre."}]
    ),
    "description": lambda story, now: Story.objects.filter(pk=story.pk).update(image_description="Autre."),
    "file": lambda story, now: Story.objects.filter(pk=story.pk).update(clip=clip(story, now)),
    "agreement withdrawn": lambda story, now: story.consents.filter(kind="person").update(withdrawn_at=now),
    "agreement added": lambda story, now: consent(story, now, "person", name="Quelqu’un d’autre"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_since_it_was_shown_is_not_approved(people, now, what):
    story = whole(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    seen = meanwhile.fingerprint(services.told_whole(again(story)))
    CHANGES[what](story, now)
    services.proofread(story=story, now=now)
    with pytest.raises(ChangedMeanwhile):
        services.approve(story=story, seen=seen, user=people["campaign_manager"], now=now)
    assert again(story).state == "in-review"
    services.approve(
        story=story,
        seen=meanwhile.fingerprint(services.told_whole(again(story))),
        user=people["campaign_manager"],
        now=now,
    )


def change(story, user, now, **values):
    return services.edit(
        story=story, user=user, seen=meanwhile.fingerprint(services.told(again(story))), now=now, **values
    )


def test_a_change_of_words_undoes_an_approval(people, now):
    story = approved(people, now)
    assert change(story, people["mediator"], now, title=story.title).state == "approved", "nothing changed"
    assert change(story, people["mediator"], now, title="Autre chose").state == "draft"
    assert again(story).approved_by is None


def test_what_is_public_is_not_changed(people, now):
    story = published(people, now)
    with pytest.raises(WrongState, match="publié ne se modifie pas"):
        change(story, people["supervisor"], now, title="Autre chose")
    services.withdraw(story=story, user=people["mediator"], reason="À refaire.", now=now)
    with pytest.raises(WrongState, match="reprenez-le en brouillon"):
        change(story, people["supervisor"], now, title="Autre chose")
    services.resume(story=story, user=people["mediator"], now=now)
    assert change(story, people["supervisor"], now, title="Autre chose").title == "Autre chose"


def test_two_people_at_once(people, now):
    story = draft(people, now)
    seen = meanwhile.fingerprint(services.told(again(story)))
    services.edit(story=story, user=people["mediator"], seen=seen, now=now, title="Le premier")
    with pytest.raises(ChangedMeanwhile):
        services.edit(story=story, user=people["supervisor"], seen=seen, now=now, title="Le second")
    assert again(story).title == "Le premier"


def test_slugs_are_free_and_never_an_address_of_the_studio(people, now):
    slugs = [draft(people, now, title=title).slug for title in ("Nouvelle", "Nouvelle", "Été", "Été", "…")]
    assert slugs == ["nouvelle-2", "nouvelle-3", "ete", "ete-2", "temoignage"]
    assert len(draft(people, now, title="a" * 120).slug) <= 60


# --- until when


def test_it_ends_with_the_first_agreement_to_the_second(people):
    now = datetime(2026, 6, 1, 12, tzinfo=UTC)
    story = whole(people, now)
    story.consents.filter(kind="person").update(ends=datetime(2026, 10, 25).date())
    services.submit(story=story, user=people["mediator"], now=now)
    services.approve(
        story=story, seen=meanwhile.fingerprint(services.told_whole(again(story))), user=people["supervisor"], now=now
    )
    story = services.publish(story=story, user=people["supervisor"], now=now)
    # The day of the change of clock: midnight in Paris is an hour later in UTC than the evening before.
    assert story.expires_at == datetime(2026, 10, 25, 23, tzinfo=UTC)
    last = story.expires_at - timedelta(seconds=1)
    assert story.is_published(last) and Story.objects.published(last).exists()
    assert not story.is_published(story.expires_at) and not Story.objects.published(story.expires_at).exists()


def test_a_renewal_continues_and_a_gap_does_not(people, now):
    story, today = whole(people, now), timezone.localdate(now)
    day = timedelta(days=1)
    story.consents.filter(kind="person").update(ends=today + 9 * day)
    consent(story, now, "person", starts=today + 10 * day, ends=today + 20 * day)
    consents = list(story.consents.all())
    assert gates.agreed_until(consents, "person", "site", today) == today + 20 * day
    story.consents.filter(starts=today + 10 * day).update(starts=today + 11 * day)
    assert gates.agreed_until(story.consents.all(), "person", "site", today) == today + 9 * day


def test_one_person_does_not_agree_for_another(people, now):
    story, today = whole(people, now), timezone.localdate(now)
    consent(story, now, "person", name="Quelqu’un d’autre", ends=today)
    assert gates.agreed_until(story.consents.all(), "person", "site", today) == today
    assert gates.agreed_until(story.consents.all(), "person", "site", today + timedelta(days=1)) is None


def test_reading_the_gates_of_many_stories_takes_a_fixed_number_of_queries(people, now, django_assert_num_queries):
    for number in range(3):
        whole(people, now, title=f"Numéro {number}")
    with django_assert_num_queries(4):
        stories = list(gates.with_gates(Story.objects.order_by("slug")))
        assert all(len(gates.gates(story, now)) == 10 for story in stories)


def test_a_second_version_of_the_file_does_not_replace_the_first_by_itself(people, now):
    story = approved(people, now)
    clip(story, now)
    assert again(story).clip_id == story.clip_id


def test_no_connection_is_held_while_words_are_read(shared, people, monkeypatch, now):
    """Grammalecte may take half a minute for one page; four pages share four connections."""
    story = draft(people, now)
    real, held = services.read_words, []

    def read(*words, **options):
        held.append(connection.connection)
        return real(*words, **options)

    monkeypatch.setattr(services, "read_words", read)
    services.proofread(story=story, now=now)
    assert held == [None]
