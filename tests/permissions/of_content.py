"""The objects of pages about the catalogue, campaigns and testimonies."""

from uuid import uuid4

from tests import builders

from .of_accounts import _where


def structure(world, user, relation):
    """Structures belong to nobody: all are alike."""
    return {"pk": uuid4() if relation == "deleted" else builders.structure().pk}


def import_run(world, user, relation):
    """A run of an importer, of the catalogue of the organisation of `user`, or of another."""
    from relais.catalogue.models import ImportRun

    if relation == "deleted":
        return {"pk": 999_999_999}
    return {
        "pk": ImportRun.objects.create(
            source="test", origin="test", started_at=world.now, organisation=_where(world, user, relation)
        ).pk
    }


def brought_table(world, user, relation):
    """A table that the organisation of `user` has brought, or another."""
    from relais.catalogue.models import BroughtTable

    if relation == "deleted":
        return {"pk": uuid4()}
    sheet = {"headers": ["Nom", "Ville"], "rows": [["Foyer", "Pau"]], "lines": [2], "told": []}
    values = {"organisation": _where(world, user, relation), "by": user, "brought_at": world.now, "sheet": sheet}
    return {"pk": BroughtTable.objects.create(name="structures.csv", **values).pk}


def brought_touches(world, user, relation):
    """A table of touches that the organisation of `user` has brought, or another."""
    from relais.campaigns.bringing import TOUCHES
    from relais.catalogue.models import BroughtTable

    if relation == "deleted":
        return {"pk": uuid4()}
    sheet = {"headers": ["Nom", "Ville"], "rows": [["Affiche", "Pau"]], "lines": [2], "told": []}
    values = {"organisation": _where(world, user, relation), "by": user, "brought_at": world.now, "sheet": sheet}
    return {"pk": BroughtTable.objects.create(name="contacts.csv", what=TOUCHES, **values).pk}


def reported_offer(world, user, relation):
    """An offer reported to the organisation of `user`, or to another."""
    from relais.catalogue.models import JobOffer, OfferReport

    if relation == "deleted":
        return {"pk": 999_999_999}
    values = {
        "title": "Offre",
        "published_at": world.now,
        "refreshed_at": world.now,
        "seen_at": world.now,
        "origin": "Test",
        "digest": "",
    }
    offer = JobOffer.objects.create(source="test", source_id=uuid4().hex, **values)
    OfferReport.objects.create(
        offer=offer, ground="scam", reported_at=world.now, organisation=_where(world, user, relation)
    )
    return {"pk": offer.pk}


def touch(world, user, relation):
    """One of the organisation of `user` (nobody owns a touch alone), or of another."""
    from relais.campaigns.models import Touch
    from relais.foundation.codes import TOUCH_LENGTH, readable

    code = readable(TOUCH_LENGTH)
    if relation != "deleted":
        organisation = (
            (world.make_user("campaign_manager") if relation == "other" else user).memberships.get().organisation
        )
        Touch.objects.create(
            code=code, kind="poster", label=f"Affiche {code}", organisation=organisation, created_at=world.now
        )
    return {"code": code}


def studio_upload(world, user, relation):
    """A signed agreement sent by `user`, by a colleague, by somebody of another organisation."""
    from relais.stories.tests.drafts import draft, send

    if relation == "deleted":
        return {"pk": uuid4()}
    organisation = None if relation == "other" else user.memberships.get().organisation
    sender = user if relation == "own" else world.make_user("mediator", organisation=organisation)
    return {"pk": send(draft(sender, world.now), sender, b"%PDF-1.7", world.now, purpose="proof", name="accord.pdf").pk}


def studio_file(world, user, relation):
    """A story made by `user`, by a colleague, by somebody of another organisation."""
    from relais.stories.tests.drafts import draft

    if relation == "deleted":
        return {"slug": "inconnu"}
    maker = world.make_user("mediator") if relation == "other" else user
    return {"slug": draft(maker, world.now).slug}


def studio_consent(world, user, relation):
    """An agreement on record for a story of the organisation of `user` (nobody owns one alone), or of another."""
    from relais.media.models import Upload
    from relais.stories.models import Consent

    if relation == "deleted":
        return {"pk": uuid4()}
    upload = Upload.objects.get(**studio_upload(world, user, "other" if relation == "other" else "own"))
    values = {
        "kind": "person",
        "name": "Lou",
        "channels": ["site"],
        "starts": world.now.date(),
        "ends": world.now.date(),
        "recorded_at": world.now,
    }
    return {"pk": Consent.objects.create(story=upload.folder.story, proof=upload, recorded_by=user, **values).pk}


def studio_copy(world, user, relation):
    """An address elsewhere noted for a story of the organisation of `user`, or of another."""
    from relais.stories.models import ExternalCopy

    if relation == "deleted":
        return {"pk": 999_999_999}
    story = studio_file(world, user, relation)["slug"]
    values = {"channel": "tiktok", "address": "https://tiktok.com/1", "posted_by": user, "posted_at": world.now}
    return {"pk": ExternalCopy.objects.create(story_id=story, **values).pk}


def asked(world, user, relation):
    """A question under a story of the organisation of `user` (nobody owns a question alone), or of another."""
    from relais.stories.models import Question
    from relais.stories.tests.drafts import draft

    if relation == "deleted":
        return {"pk": uuid4()}
    story = draft(world.make_user("mediator") if relation == "other" else user, world.now, form="text")
    values = {
        "key": uuid4(),
        "pseudonym": "Loutre 12",
        "body": "Il faut un diplôme ?",
        "shown_body": "Il faut un diplôme ?",
    }
    return {"pk": Question.objects.create(story=story, asked_at=world.now, due_at=world.now, **values).pk}


def public_answer(world, user, relation):
    """An answer to such a question."""
    from relais.stories.models import Answer

    if relation == "deleted":
        return {"pk": 999_999_999}
    values = {"signature": "Sarah, de l’équipe", "body": "Oui.", "key": uuid4(), "at": world.now}
    return {"pk": Answer.objects.create(question_id=asked(world, user, relation)["pk"], **values).pk}


def unlawful_notice(world, user, relation):
    """Somebody reports such a question."""
    from relais.stories.models import ContentReport, Question

    if relation == "deleted":
        return {"pk": uuid4()}
    question = Question.objects.get(pk=asked(world, user, relation)["pk"])
    values = {"key": uuid4(), "ground": "privacy", "received_at": world.now}
    return {"pk": ContentReport.objects.create(story_id=question.story_id, question=question, **values).pk}
