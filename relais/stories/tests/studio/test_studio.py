"""The pages of the studio, as a team uses them; and the demonstration, held to the same gates."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from relais.foundation import meanwhile
from relais.media import previews
from relais.stories.models import Consent, ExternalCopy, Story
from relais.stories.studio import editor, rights, services
from relais.stories.tests.making import again, approved, draft, proof, published, whole
from tests import builders

pytestmark = pytest.mark.django_db
WRONG = "Les professionnels qui soutiens les familles sont là."


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return answer.content.decode()


def form(**values):
    """What the browser sends for a new text."""
    filled = {
        "title": "Le premier jour",
        "form": "text",
        "purpose": "testimony",
        "occupation": builders.occupation().pk,
        "next_step": "sheet",
    }
    return filled | {"lines": "Une idée.\r\n\r\n  Une autre  idée. "} | values


def seen(text: str) -> str:
    """The fingerprint that the button « Approuver » of this page carries."""
    return re.search(r'name="seen" value="(\w+)"', text)[1]


def test_from_nothing_to_published_and_back(people, client_for, now):
    mediator, manager = client_for(people["mediator"]), client_for(people["campaign_manager"])
    answer = mediator.post("/pro/studio/nouvelle", form(lines=WRONG, shows_somebody="on", job_form="feminine"))
    assert answer.status_code == 302 and answer.url == "/pro/studio/le-premier-jour"
    story = Story.objects.get()
    assert (story.created_by, story.state, story.lines) == (people["mediator"], "draft", [{"text": WRONG}])
    text = page(mediator, answer.url)
    assert (
        "<mark>soutiens</mark>" in text
        and "Corriger\xa0: soutiennent" in text
        and "Accord de la personne montrée" in text
    )

    mistake = re.search(r'name="mistake" value="(\w+)"', text)[1]
    assert mediator.post(f"{answer.url}/fautes", {"mistake": mistake, "replacement": "soutiennent"}).status_code == 302
    assert "soutiennent les familles" in page(mediator, answer.url) and "<mark>" not in page(mediator, answer.url)

    assert mediator.post(f"{answer.url}/etape", {"move": "submit"}).status_code == 302
    assert "Approuver</button>" not in page(mediator, answer.url)
    assert "à lire par vous" in page(manager, "/pro/studio/")
    assert (
        manager.post(f"{answer.url}/etape", {"move": "approve", "seen": seen(page(manager, answer.url))}).status_code
        == 302
    )
    refused = manager.post(f"{answer.url}/etape", {"move": "publish"})
    assert (
        refused.status_code == 422 and "Accord de la personne montrée</b>\xa0: Il manque." in refused.content.decode()
    )

    sent, today = proof(story, now), timezone.localdate(now)
    values = {
        "kind": "person",
        "name": "Lou Exemple",
        "channels": ["site"],
        "starts": today,
        "ends": today + timedelta(days=9),
        "proof": sent.pk,
    }
    assert manager.post(f"{answer.url}/accords", values).status_code == 302
    assert manager.post(f"{answer.url}/etape", {"move": "publish"}).status_code == 302
    assert "Lou Exemple" in page(manager, answer.url) and "visible jusqu’au" in page(manager, answer.url)
    assert again(story).is_published(timezone.now())

    # A manager notes where else it is; the person shown changes their mind.
    manager.post(f"{answer.url}/copies", {"channel": "tiktok", "address": "tiktok.com/@relais/1"})
    taken = mediator.post(f"/pro/studio/accords/{Consent.objects.get().pk}/retirer", {"reason": "Par téléphone."})
    assert taken.status_code == 302 and again(story).state == "withdrawn"
    home = page(mediator, "/pro/studio/")
    assert home.index("À retirer à la main") < home.index("En cours (") and "https://tiktok.com/@relais/1" in home
    mediator.post(f"/pro/studio/copies/{ExternalCopy.objects.get().pk}/retiree", {"from": "studio"})
    assert "À retirer à la main" not in page(mediator, "/pro/studio/")

    told = page(mediator, answer.url)
    steps = [
        "Retiré",
        "Accord de la personne montrée retiré",
        "Publié",
        "Accord de la personne montrée enregistré",
        "Approuvé",
        "Envoyé en relecture",
    ]
    places = [told.index(f"<li>{step} <span") for step in steps]
    assert places == sorted(places) and people["campaign_manager"].display_name in told


def test_what_is_typed_is_checked_in_words(people, client_for):
    client = client_for(people["mediator"])
    wrong = {
        "title": "…",
        "lines": "x" * 141,
        "commune": "Saint-Nulle-Part",
        "offer": "/offres/999",
        "person_is_minor": "on",
        "next_step": "offer",
    }
    answer = client.post("/pro/studio/nouvelle", form(**wrong))
    text = answer.content.decode()
    assert answer.status_code == 422 and not Story.objects.exists()
    for sentence in (
        "Écrivez un titre",
        "Trop long pour un écran",
        "Aucune offre à cette adresse",
        "cochez aussi cette case",
    ):
        assert sentence in text
    assert "x" * 141 in text, "what was typed is still there"


def test_edit_keeps_what_another_wrote(people, client_for, now):
    story = draft(people, now, form="text", shows_somebody=False)
    client, address = client_for(people["mediator"]), f"/pro/studio/{story.slug}/modifier"
    seen = re.search(r'name="seen" value="(\w+)"', page(client, address))[1]
    Story.objects.filter(pk=story.pk).update(place="Ailleurs")
    answer = client.post(address, form(seen=seen, title="À moi"))
    text = answer.content.decode()
    assert (
        answer.status_code == 409
        and "Cette page a changé depuis que vous l’avez ouverte" in text
        and "maintenant «\u00a0Ailleurs\u00a0»" in text
        and "À moi" in text
    )
    seen = re.search(r'name="seen" value="(\w+)"', text)[1]
    assert client.post(address, form(seen=seen, title="À moi")).status_code == 302
    assert again(story).title == "À moi" and again(story).lines == [{"text": "Une idée."}, {"text": "Une autre idée."}]
    assert again(story).proofreading.is_complete


def test_an_edit_page_says_when_it_cannot(people, client_for, now):
    story = published(people, now)
    client = client_for(people["mediator"])
    assert "Un témoignage publié ne se modifie pas" in page(client, f"/pro/studio/{story.slug}/modifier")
    seen = meanwhile.fingerprint(services.told(again(story)))
    assert client.post(f"/pro/studio/{story.slug}/modifier", form(seen=seen, title="Autre")).status_code == 422
    assert again(story).title == story.title


def test_refusals_are_told_on_the_page(people, client_for, now):
    story = whole(people, now)
    client = client_for(people["supervisor"])

    def told(where, **values):
        answer = client.post(f"/pro/studio/{where}", values)
        assert answer.status_code == 422, where
        return answer.content.decode()

    step = f"{story.slug}/etape"
    assert "cela ne se fait pas maintenant" in told(step, move="publish")
    assert "Dites pourquoi" in told(step, move="withdraw")
    assert "n’est pas une faute" in told(f"{story.slug}/fautes", mistake="0" * 64)
    assert "Cette faute n’est plus signalée" in told(f"{story.slug}/fautes", mistake="0" * 64, reason="Si.")
    assert "Dites pourquoi" in told(f"accords/{story.consents.first().pk}/retirer")
    assert "pas une adresse" in told(f"{story.slug}/copies", channel="tiktok", address="pas une adresse"), (
        "what was typed is still there"
    )
    assert told(step, move="fly") and told(step)
    client.post(f"/pro/studio/{step}", {"move": "submit"})
    assert "c’est à une autre personne" in told(step, move="approve")


def test_who_approves_has_everything_before_their_eyes(people, client_for, now):
    story = whole(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    client, address = client_for(people["campaign_manager"]), f"/pro/studio/{story.slug}"
    text = page(client, address)
    video = re.search(r"<video[^>]* src=\"([^\"]+)\"", text)[1]
    assert previews.opened(video) == f"clips/{story.clip_id}/540.mp4"
    assert f'src="{address}/sous-titres.vtt"' in text and "default" in text
    for words in (
        story.title,
        story.transcript,
        story.image_description,
        *(cue["text"] for cue in story.cues),
        "personne mineure",
        "Les Tilleuls",
    ):
        assert words.replace("'", "’") in text.replace("\xa0", " "), words
    assert text.index("<video") < text.index('name="seen"'), "seen before it is approved"
    assert 'name="seen"' not in page(client_for(people["mediator"]), address), "who submitted does not approve"

    before = seen(text)
    editor.save(
        story=story,
        user=people["mediator"],
        seen=meanwhile.fingerprint(services.told_words(again(story))),
        cues=[editor.Cue(0, 900, "Tout autre chose.")],
        transcript=story.transcript,
        image_description=story.image_description,
        now=now,
    )
    services.proofread(story=story, now=now)
    refused = client.post(f"{address}/etape", {"move": "approve", "seen": before})
    text = refused.content.decode()
    assert (
        refused.status_code == 409
        and "sous-titres. Regardez tout, puis approuvez." in text
        and "Tout autre chose." in text
    )
    assert again(story).state == "in-review"
    assert client.post(f"{address}/etape", {"move": "approve"}).status_code == 409, "without having seen anything"
    assert client.post(f"{address}/etape", {"move": "approve", "seen": seen(text)}).status_code == 302
    assert again(story).approved_by == people["campaign_manager"]


def test_what_is_not_prepared_cannot_be_approved(people, client_for, now):
    story = whole(people, now)
    services.submit(story=story, user=people["mediator"], now=now)
    client, address = client_for(people["campaign_manager"]), f"/pro/studio/{story.slug}"
    before = seen(page(client, address))
    story.clip.state = "working"
    story.clip.save(update_fields=["state"])
    text = page(client, address)
    assert (
        "<video" not in text and 'name="seen"' not in text and "il n’y a rien à regarder, donc rien à approuver" in text
    )
    refused = client.post(f"{address}/etape", {"move": "approve", "seen": before})
    assert refused.status_code == 422 and "n’est pas prête" in refused.content.decode().replace("\xa0", " ")
    assert again(story).state == "in-review"


def test_no_consent_without_a_proof_and_with_dates_that_hold(people, client_for, now):
    story = draft(people, now)
    client, address = client_for(people["mediator"]), f"/pro/studio/{story.slug}/accords"
    assert "Un accord ne compte qu’avec le document signé" in page(client, address)
    sent, today = proof(story, now), timezone.localdate(now)
    values = {
        "kind": "person",
        "name": "Lou",
        "channels": ["site"],
        "starts": today,
        "ends": today - timedelta(days=1),
        "proof": sent.pk,
    }
    assert "La fin est avant le début" in client.post(address, values).content.decode()
    other = proof(draft(people, now), now)
    assert (
        "Ce fichier ne peut pas servir"
        in client.post(address, values | {"ends": today, "proof": other.pk}).content.decode()
    )
    assert not Consent.objects.exists()


@pytest.mark.parametrize("role", ["mediator", "supervisor", "campaign_manager"])
def test_the_story_of_another_organisation_is_not_there(people, make_user, client_for, now, role):
    story = published(people, now)
    noted = rights.add_copy(
        story=story, user=people["mediator"], channel="tiktok", address="https://tiktok.com/1", now=now
    )
    client = client_for(make_user(role))
    assert story.title not in page(client, "/pro/studio/?voir=publies")
    for name in ("studio_story", "studio_edit", "studio_consents"):
        assert client.get(reverse(name, args=[story.slug])).status_code == 404
    for name in ("studio_move", "studio_mistake", "studio_proofread", "studio_copy", "studio_edit", "studio_consents"):
        assert client.post(reverse(name, args=[story.slug]), {"move": "withdraw", "reason": "Non."}).status_code == 404
    assert (
        client.post(f"/pro/studio/accords/{story.consents.first().pk}/retirer", {"reason": "Non."}).status_code == 404
    )
    assert client.post(f"/pro/studio/copies/{noted.pk}/retiree").status_code == 404
    assert again(story).state == "published"


def test_grammalecte_absent_is_said_in_red_with_what_to_do(people, client_for, now):
    story = whole(people, now)
    story.proofreading.is_complete = False
    story.proofreading.save()
    text = page(client_for(people["mediator"]), f"/pro/studio/{story.slug}")
    assert "notice-danger" in text and "apt install grammalecte-cli" in text


def test_the_home_of_the_studio_takes_as_many_queries_for_many_stories(
    people, client_for, now, django_assert_max_num_queries
):
    client = client_for(people["campaign_manager"])
    for number in range(6):
        whole(people, now, title=f"Numéro {number}")
    page(client, "/pro/studio/")
    with django_assert_max_num_queries(16):
        text = page(client, "/pro/studio/")
    assert text.count("Numéro") == 6 and "En cours (6)" in text


def test_published_ones_that_end_soon_come_first(people, client_for, now):
    later, soon = published(people, now, title="Longtemps"), approved(people, now, title="Bientôt")
    soon.consents.filter(kind="person").update(ends=timezone.localdate(now) + timedelta(days=3))
    services.publish(story=soon, user=people["supervisor"], now=now)
    text = page(client_for(people["mediator"]), "/pro/studio/?voir=publies")
    assert text.index(soon.title) < text.index("à renouveler") < text.index(later.title)


# --- the title of the person shown


def test_the_form_proposes_the_two_titles_and_keeps_what_was_chosen(people, client_for):
    mediator = client_for(people["mediator"])
    builders.occupation()
    fresh = page(mediator, "/pro/studio/nouvelle")
    assert "Comment s’appelle ton métier, pour toi ?" in fresh.replace("\u00a0", " ").replace("\u202f", " ")
    assert 'data-feminine="éducatrice"' in fresh
    mediator.post("/pro/studio/nouvelle", form(lines="J’ai trouvé ma place.", shows_somebody="on", person="Zoé"))
    story = Story.objects.get()
    asked = page(mediator, f"/pro/studio/{story.slug}")
    assert "Personne n’a demandé à Zoé" in asked and f"/pro/studio/{story.slug}/modifier#job" in asked
    proposed = page(mediator, f"/pro/studio/{story.slug}/modifier").replace("\u00a0", " ")
    assert "Au féminin : éducatrice" in proposed and "Au masculin : éducateur" in proposed
    assert mediator.post(f"/pro/studio/{story.slug}/modifier", form(job_form="own", person="Zoé")).status_code == 422
    seen = meanwhile.fingerprint(services.told(story))
    values = form(
        job_form="feminine",
        job_words="oubliés",
        person="Zoé",
        shows_somebody="on",
        lines="J’ai trouvé ma place.",
        seen=seen,
    )
    assert mediator.post(f"/pro/studio/{story.slug}/modifier", values).status_code == 302
    story = again(story)
    assert (story.job_form, story.job_words, story.job) == ("feminine", "", "éducatrice")
    assert "se lira « Zoé, éducatrice »" in page(mediator, f"/pro/studio/{story.slug}").replace("\u00a0", " ")
