"""Every gate missing in turn: publishing is refused, and says why. Every move that the table does not have: refused."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from relais.catalogue.models import Occupation
from relais.foundation.models import EventRecord
from relais.foundation.refusals import ChangedMeanwhile, NotAllowed, SecondPersonNeeded, WrongState
from relais.stories import gates, services
from relais.stories.models import Clip, Photo, Proofreading, Story, Waiver

from .making import again, approved, clip, consent, draft, published, whole

pytestmark = pytest.mark.django_db
WRONG = "Les professionnels qui soutiens les familles sont là."


def closed(story, now):
    return [gate.name for gate in gates.missing(again(story), now)]


def set_(**values):
    return lambda story, now: Story.objects.filter(pk=story.pk).update(**values)


def no_clip_ready(story, now):
    Clip.objects.filter(story=story).update(state=Clip.State.REFUSED, reason="Ce fichier est abîmé.")


def without(kind):
    return lambda story, now: story.consents.filter(kind=kind).update(withdrawn_at=now)


def not_on_site(kind):
    return lambda story, now: story.consents.filter(kind=kind).update(channels=["tiktok"])


def over(kind):
    yesterday = timedelta(days=1)
    return lambda story, now: story.consents.filter(kind=kind).update(
        starts=timezone.localdate(now) - 2 * yesterday, ends=timezone.localdate(now) - yesterday
    )


def mistaken(story, now):
    set_(transcript=WRONG)(story, now)
    services.proofread(story=story, now=now)


# What is taken away → the gate that closes, words of the reason.
MATRIX = {
    "no clip": (set_(clip=None), "media", "n’est pas encore envoyée"),
    "clip refused": (no_clip_ready, "media", "Ce fichier est abîmé."),
    "no captions": (set_(cues=[]), "captions", "pas de sous-titres"),
    "an empty caption": (set_(cues=[{"start": 0, "end": 1, "text": " "}]), "captions", "est vide"),
    "captions of another clip": (set_(cues=[{"start": 9000, "end": 9900, "text": "Bonjour."}]), "captions", "plus loin que la fin"),
    "no transcript": (set_(transcript=" "), "transcript", "pas de transcription"),
    "no description": (set_(image_description=""), "description", "n’est pas décrite"),
    "never proofread": (lambda story, now: Proofreading.objects.filter(story=story).delete(), "proofreading", "n’ont pas été relus"),
    "words changed since": (set_(title="Autre titre"), "proofreading", "ont changé"),
    "Grammalecte was not there": (lambda story, now: Proofreading.objects.update(is_complete=False), "proofreading", "Grammalecte n’était pas là"),
    "nobody asked for the title": (set_(job_form=""), "job", "Personne n’a demandé à Lou"),
    "a mistake": (mistaken, "proofreading", "faute possible"),
    "no employer's agreement": (without("employer"), "consent-employer", "Il a été retiré."),
    "employer for a network only": (not_on_site("employer"), "consent-employer", "pour ce site"),
    "no person's agreement": (without("person"), "consent-person", "Il a été retiré."),
    "person for a network only": (not_on_site("person"), "consent-person", "pour ce site"),
    "person's agreement over": (over("person"), "consent-person", "ne vaut pas aujourd’hui"),
    "no parent's agreement": (without("parent"), "consent-parent", "Il a été retiré."),
    "parent's agreement over": (over("parent"), "consent-parent", "ne vaut pas aujourd’hui"),
    "nobody approved": (set_(approved_by=None), "review", "Personne ne l’a encore approuvé"),
}


@pytest.mark.parametrize("name", MATRIX)
def test_each_gate_in_turn(people, client_for, now, name):
    take_away, gate, reason = MATRIX[name]
    story = approved(people, now)
    take_away(story, now)
    others = {"proofreading"} if gate in ("captions", "transcript", "description") else set()
    assert set(closed(story, now)) - others == {gate}
    with pytest.raises(services.GatesClosed) as refused:
        services.publish(story=story, user=people["campaign_manager"], now=now)
    assert gate in {gate.name for gate in refused.value.gates} and reason in str(refused.value)
    assert again(story).state == Story.State.APPROVED
    answer = client_for(people["campaign_manager"]).post(f"/pro/studio/{story.slug}/etape", {"move": "publish"})
    assert answer.status_code == 422 and reason in answer.content.decode()
    assert not Story.objects.published(now).exists()


def test_every_reason_at_once(people, now):
    story = draft(people, now, shows_somebody=True, person_is_minor=True, employer="Les Tilleuls")
    Story.objects.filter(pk=story.pk).update(state="approved", is_demo=False)
    with pytest.raises(services.GatesClosed) as refused:
        services.publish(story=story, user=people["supervisor"], now=now)
    expected = ["media", "captions", "transcript", "description", "job", "proofreading"]
    expected += ["consent-employer", "consent-person", "consent-parent", "review"]
    assert [gate.name for gate in refused.value.gates] == expected


def test_with_everything_it_is_published(people, now):
    story = published(people, now)
    assert story.state == "published" and story.published_at == now
    assert list(Story.objects.published(now)) == [story]
    assert EventRecord.objects.filter(name="story.published", data__story=story.slug).count() == 1


def test_what_each_form_asks_for(people, now):
    def names(**values):
        return [gate.name for gate in gates.gates(draft(people, now, shows_somebody=False, **values), now)]

    assert names(form="audio") == ["media", "captions", "transcript", "proofreading", "review"]
    assert names(form="text") == ["text", "proofreading", "review"]
    assert names(form="photos") == ["photos", "text", "proofreading", "review"]


def test_the_title_is_asked_of_whoever_is_shown_with_two(people, now):
    def asked(**values):
        return "job" in closed(draft(people, now, **values), now)

    assert asked(shows_somebody=True) and asked(shows_somebody=False, person="Lou")
    assert not asked(shows_somebody=False) and not asked(person="Lou", job_form="own", job_words="éduc")
    Occupation.objects.update(feminine="psychologue", masculine="psychologue")
    assert not asked(person="Lou")
    # A sheet that has not been read again says nothing of its titles.
    Occupation.objects.update(feminine="", masculine="")
    assert asked(person="Lou")


def test_photos_need_a_description_each(people, now):
    story = draft(people, now, form="photos", lines=[{"text": "Bonjour."}])
    assert "photos" in closed(story, now)
    photos = [Photo.objects.create(story=story, order=order, width=1, height=1, description="Un jardin." if order else "") for order in (0, 1)]
    assert "1 photo sans description" in str([gate.why for gate in gates.missing(again(story), now)])
    Photo.objects.filter(pk=photos[0].pk).update(description="Une cour.")
    assert "photos" not in closed(story, now)


def test_a_mistake_may_be_waived_by_a_named_person(people, now):
    story = whole(people, now)
    mistaken(story, now)
    mistakes = again(story).proofreading.mistakes
    assert [mistake["found"] for mistake in mistakes] == ["soutiens"]
    waiver = services.waive(story=story, user=people["mediator"], mistake=mistakes[0]["fingerprint"], reason="Il le dit ainsi.", now=now)
    assert (waiver.by, waiver.found, waiver.sentence) == (people["mediator"], "soutiens", WRONG)
    assert "proofreading" not in closed(story, now)
    # Said again, it is one waiver; about nothing, it is refused.
    services.waive(story=story, user=people["supervisor"], mistake=mistakes[0]["fingerprint"], reason="Oui.", now=now)
    assert Waiver.objects.get() == waiver and EventRecord.objects.filter(name="mistake.waived").count() == 1
    with pytest.raises(WrongState):
        services.waive(story=story, user=people["mediator"], mistake="0" * 64, reason="Rien.", now=now)


def test_a_mistake_is_corrected_where_it_is_and_proofread_again(people, now):
    story = whole(people, now)
    Story.objects.filter(pk=story.pk).update(cues=[{"start": 0, "end": 900, "text": WRONG}], transcript=f"Bonjour.\n{WRONG}")
    services.proofread(story=story, now=now)
    found = again(story).proofreading.mistakes
    assert {mistake["passage"] for mistake in found} == {"captions", "transcript"}
    services.correct(story=story, user=people["mediator"], mistake=found[0]["fingerprint"], replacement=found[0]["suggestions"][0], now=now)
    right = WRONG.replace("soutiens", "soutiennent")
    assert again(story).cues == [{"start": 0, "end": 900, "text": right}] and again(story).transcript == f"Bonjour.\n{right}"
    assert closed(story, now)[0] == "proofreading", "words changed: read them again"
    services.proofread(story=story, now=now)
    assert "proofreading" not in closed(story, now)
    with pytest.raises(WrongState):
        services.correct(story=story, user=people["mediator"], mistake=found[0]["fingerprint"], replacement="soutiennent", now=now)


def test_only_a_suggestion_is_put_in_place(people, now):
    story = whole(people, now)
    mistaken(story, now)
    mistake = again(story).proofreading.mistakes[0]["fingerprint"]
    with pytest.raises(WrongState):
        services.correct(story=story, user=people["mediator"], mistake=mistake, replacement="n’importe quoi", now=now)


# --- the table of moves

DOES = {
    "submit": ("in-review", lambda story, people, now: services.submit(story=story, user=people["mediator"], now=now)),
    "send back": ("draft", lambda story, people, now: services.send_back(story=story, user=people["supervisor"], reason="À revoir.", now=now)),
    "approve": ("approved", lambda story, people, now: services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["supervisor"], now=now)),
    "publish": ("published", lambda story, people, now: services.publish(story=story, user=people["supervisor"], now=now)),
    "withdraw": ("withdrawn", lambda story, people, now: services.withdraw(story=story, user=people["mediator"], reason="Non.", now=now)),
    "resume": ("draft", lambda story, people, now: services.resume(story=story, user=people["mediator"], now=now)),
}
MAY = {
    "draft": {"submit"}, "in-review": {"send back", "approve"}, "approved": {"send back", "publish"}, "published": {"withdraw"}, "withdrawn": {"resume"},
}  # fmt: skip


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
        services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["supervisor"], now=now)
    with pytest.raises(NotAllowed):
        services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["mediator_2"], now=now)
    with pytest.raises(NotAllowed):
        services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=make_user("supervisor"), now=now)
    assert services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["campaign_manager"], now=now).approved_by == people["campaign_manager"]
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
        services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["supervisor"], now=now)
    services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["campaign_manager"], now=now)


def test_nobody_approves_what_is_not_whole(people, now):
    story = draft(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    with pytest.raises(services.GatesClosed):
        services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["supervisor"], now=now)


CHANGES = {
    "title": lambda story, now: Story.objects.filter(pk=story.pk).update(title="Autre"),
    "captions": lambda story, now: Story.objects.filter(pk=story.pk).update(cues=[{"start": 0, "end": 900, "text": "Autre."}]),
    "description": lambda story, now: Story.objects.filter(pk=story.pk).update(image_description="Autre."),
    "file": lambda story, now: Story.objects.filter(pk=story.pk).update(clip=clip(story, now)),
    "agreement withdrawn": lambda story, now: story.consents.filter(kind="person").update(withdrawn_at=now),
    "agreement added": lambda story, now: consent(story, now, "person", name="Quelqu’un d’autre"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changed_since_it_was_shown_is_not_approved(people, now, what):
    story = whole(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    seen = services.whole_fingerprint(again(story))
    CHANGES[what](story, now)
    services.proofread(story=story, now=now)
    with pytest.raises(ChangedMeanwhile):
        services.approve(story=story, seen=seen, user=people["campaign_manager"], now=now)
    assert again(story).state == "in-review"
    services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["campaign_manager"], now=now)


def change(story, user, now, **values):
    return services.edit(story=story, user=user, seen=services.fingerprint(again(story)), now=now, **values)


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
    seen = services.fingerprint(again(story))
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
    services.approve(story=story, seen=services.whole_fingerprint(again(story)), user=people["supervisor"], now=now)
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
