"""What must be there before a story is approved, and before it is published."""

import pytest

from relais.catalogue.models import Occupation
from relais.foundation.models import EventRecord
from relais.foundation.refusals import WrongState
from relais.media.models import Photo
from relais.stories.models import Proofreading, Story, Waiver
from relais.stories.studio import gates, services
from relais.stories.tests.making import again, approved, draft, published, whole

from .lacking import WRONG, closed, mistaken, no_clip_ready, not_on_site, over, set_, without

pytestmark = pytest.mark.django_db


# What is taken away → the gate that closes, words of the reason.
MATRIX = {
    "no clip": (set_(clip=None), "media", "n’est pas encore envoyée"),
    "clip refused": (no_clip_ready, "media", "Ce fichier est abîmé."),
    "no captions": (set_(cues=[]), "captions", "pas de sous-titres"),
    "an empty caption": (set_(cues=[{"start": 0, "end": 1, "text": " "}]), "captions", "est vide"),
    "captions of another clip": (
        set_(cues=[{"start": 9000, "end": 9900, "text": "Bonjour."}]),
        "captions",
        "plus loin que la fin",
    ),
    "no transcript": (set_(transcript=" "), "transcript", "pas de transcription"),
    "no description": (set_(image_description=""), "description", "n’est pas décrite"),
    "never proofread": (
        lambda story, now: Proofreading.objects.filter(story=story).delete(),
        "proofreading",
        "n’ont pas été relus",
    ),
    "words changed since": (set_(title="Autre titre"), "proofreading", "ont changé"),
    "Grammalecte was not there": (
        lambda story, now: Proofreading.objects.update(is_complete=False),
        "proofreading",
        "Grammalecte n’était pas là",
    ),
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
    photos = [
        Photo.objects.create(
            folder=story.folder, order=order, width=1, height=1, description="Un jardin." if order else ""
        )
        for order in (0, 1)
    ]
    assert "1 photo sans description" in str([gate.why for gate in gates.missing(again(story), now)])
    Photo.objects.filter(pk=photos[0].pk).update(description="Une cour.")
    assert "photos" not in closed(story, now)


def test_a_mistake_may_be_waived_by_a_named_person(people, now):
    story = whole(people, now)
    mistaken(story, now)
    mistakes = again(story).proofreading.mistakes
    assert [mistake["found"] for mistake in mistakes] == ["soutiens"]
    waiver = services.waive(
        story=story, user=people["mediator"], mistake=mistakes[0]["fingerprint"], reason="Il le dit ainsi.", now=now
    )
    assert (waiver.by, waiver.found, waiver.sentence) == (people["mediator"], "soutiens", WRONG)
    assert "proofreading" not in closed(story, now)
    # Said again, it is one waiver; about nothing, it is refused.
    services.waive(story=story, user=people["supervisor"], mistake=mistakes[0]["fingerprint"], reason="Oui.", now=now)
    assert Waiver.objects.get() == waiver and EventRecord.objects.filter(name="mistake.waived").count() == 1
    with pytest.raises(WrongState):
        services.waive(story=story, user=people["mediator"], mistake="0" * 64, reason="Rien.", now=now)


def test_a_mistake_is_corrected_where_it_is_and_proofread_again(people, now):
    story = whole(people, now)
    Story.objects.filter(pk=story.pk).update(
        cues=[{"start": 0, "end": 900, "text": WRONG}], transcript=f"Bonjour.\n{WRONG}"
    )
    services.proofread(story=story, now=now)
    found = again(story).proofreading.mistakes
    assert {mistake["passage"] for mistake in found} == {"captions", "transcript"}
    services.correct(
        story=story,
        user=people["mediator"],
        mistake=found[0]["fingerprint"],
        replacement=found[0]["suggestions"][0],
        now=now,
    )
    right = WRONG.replace("soutiens", "soutiennent")
    assert (
        again(story).cues == [{"start": 0, "end": 900, "text": right}]
        and again(story).transcript == f"Bonjour.\n{right}"
    )
    assert closed(story, now)[0] == "proofreading", "words changed: read them again"
    services.proofread(story=story, now=now)
    assert "proofreading" not in closed(story, now)
    with pytest.raises(WrongState):
        services.correct(
            story=story, user=people["mediator"], mistake=found[0]["fingerprint"], replacement="soutiennent", now=now
        )


def test_only_a_suggestion_is_put_in_place(people, now):
    story = whole(people, now)
    mistaken(story, now)
    mistake = again(story).proofreading.mistakes[0]["fingerprint"]
    with pytest.raises(WrongState):
        services.correct(story=story, user=people["mediator"], mistake=mistake, replacement="n’importe quoi", now=now)
