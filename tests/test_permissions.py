"""Every address × every visitor × {own, same organisation, other organisation, deleted}: the expected answers in one table.

A new page is one line in ROWS. An address without a row fails, a row without an address fails.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.resolvers import URLPattern
from django.utils import timezone

from relais.accounts.middleware import ENTRANCE
from relais.accounts.models import Membership, Role, User
from relais.accounts.services import ensure_demo_people
from tests import builders

pytestmark = pytest.mark.django_db
STAFF = tuple(Role.values)
VISITORS = ("anonymous", "unapproved", "without_second_factor", "deactivated", "stopped", *STAFF)
ORDINARY = (302, 200, 422)


# ---- What a row may say -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """Who opens one address. `opens`: role → relations (of RELATIONS) it opens, "" for an address without an object."""

    opens: dict = field(default_factory=dict)
    is_public: bool = False
    enrolment: bool = False
    roles: frozenset | None = None
    thing: object = None
    kwargs: dict = field(default_factory=dict)
    method: str = "get"
    ok: tuple = (200,)
    shared: bool = False


RELATIONS = ("own", "same", "other", "deleted")


def public(*ok, post=False, **kwargs):
    """Open to everybody; `ok` are the statuses it may answer with (200 when none is given)."""
    return Row(is_public=True, kwargs=kwargs, method="post" if post else "get", ok=ok or (200,))


def staff(*ok, enrolment=False):
    """Open to every approved person with a second factor; with `enrolment`, also to those who still have none."""
    return Row(opens=dict.fromkeys(STAFF, ""), enrolment=enrolment, ok=ok or (200,))


def only(*roles, post=False, ok=None, **kwargs):
    """Open to these roles."""
    method, ok = "post" if post else "get", ok or (ORDINARY if post else (200,))
    return Row(opens=dict.fromkeys(roles, ""), roles=frozenset(roles), kwargs=kwargs, method=method, ok=ok)


def detail(thing, post=False, ok=None, any_role=False, shared=False, **opens):
    """About one object: `thing(world, user, relation)` gives its URL arguments; `opens` is role="own same …". `shared`: of no organisation."""
    method, ok = "post" if post else "get", ok or (ORDINARY if post else (200,))
    return Row(opens=opens, roles=None if any_role else frozenset(opens), thing=thing, method=method, ok=ok, shared=shared)


def closed(**kwargs):
    """Answers 404 to everybody who may be here at all."""
    return Row(kwargs=kwargs)


# ---- The objects of detail pages ----------------------------------------------------------------------------------


@dataclass
class World:
    people: dict
    make_user: object
    now: object


def somebody(world, user, relation):
    """A person who works here: oneself, a colleague, someone of another organisation, nobody."""
    if relation == "deleted":
        return {"user_id": uuid4()}
    organisation = user.memberships.get().organisation if relation == "same" else None
    return {"user_id": (user if relation == "own" else world.make_user("partner", organisation=organisation)).pk}


def stopped(world, user, relation):
    """An account that read too much: one's own (nobody lifts that), a colleague's, a stranger's."""
    from relais.accounts.models import ReadingStop

    person = somebody(world, user, relation)["user_id"]
    if relation == "deleted":
        return {"stop_id": 999_999_999}
    ReadingStop.objects.filter(user=person).delete()
    # One's own is over: while it lasts, its holder is shown the stop and nothing else.
    lifted_at = world.now if relation == "own" else None
    return {"stop_id": ReadingStop.objects.create(user_id=person, at=world.now, files=201, lifted_at=lifted_at).pk}


def roles_of_somebody(world, user, relation):
    kwargs = somebody(world, user, relation)
    organisation = user.memberships.model.objects.filter(user=kwargs["user_id"]).values_list("organisation", flat=True).first()
    return kwargs | {"organisation_id": organisation or uuid4()}


def asked_right(world, user, relation):
    """A right that `user` asked for somebody (they do not confirm it), that a colleague did, that was asked elsewhere."""
    from relais.accounts.models import RightRequest

    if relation == "deleted":
        return {"request_id": uuid4()}
    where = _where(world, user, relation)
    asker = user if relation == "own" else world.make_user("administrator", organisation=where)
    values = {"user": world.make_user("partner", organisation=where), "requested_by": asker, "requested_at": world.now}
    return {"request_id": RightRequest.objects.create(kind="roles", roles=["mediator"], organisation=where, **values).pk}


def closed_account(world, user, relation):
    """A colleague's account that was closed, a stranger's; one's own is open, or nobody would ask."""
    from relais.accounts.models import User

    kwargs = somebody(world, user, relation)
    User.objects.filter(pk=kwargs["user_id"]).exclude(pk=user.pk).update(is_active=False)
    return kwargs


def sent_invitation(world, user, relation):
    from relais.accounts.services import invite

    if relation == "deleted":
        return {"invitation_id": uuid4()}
    actor = user if relation == "own" else world.make_user("administrator", organisation=_where(world, user, "same") if relation == "same" else None)
    organisation = actor.memberships.get().organisation
    email = f"{uuid4()}@exemple.invalid"
    return {"invitation_id": invite(actor=actor, email=email, organisation=organisation, role="partner", now=world.now).pk}


def conversation(world, user, relation):
    """One that `user` has claimed, one that a colleague has, one of another organisation's line."""
    from relais.coaching.models import Conversation, Line
    from relais.journeys.models import Journey

    if relation == "deleted":
        return {"pk": uuid4()}
    organisation = (world.make_user("supervisor") if relation == "other" else user).memberships.get().organisation
    line = Line.objects.create(slug=uuid4().hex, name="Ligne", organisation=organisation)
    journey = Journey.objects.create(pseudonym="Lou", resume_digest=uuid4().hex, created_at=world.now, seen_at=world.now)
    claimed_by = user if relation == "own" else world.make_user("mediator", organisation=organisation)
    return {
        "pk": Conversation.objects.create(
            line=line, journey=journey, key=uuid4(), state="answered", opened_at=world.now, updated_at=world.now,
            claimed_by=claimed_by, claimed_at=world.now,
        ).pk
    }


def _where(world, user, relation):
    """The organisation of `user`, or another one."""
    return (world.make_user("supervisor") if relation == "other" else user).memberships.get().organisation


def colleague(world, user, relation):
    """Somebody who answers: oneself, a colleague, somebody elsewhere."""
    if relation == "deleted":
        return {"pk": uuid4()}
    return {"pk": user.pk if relation == "own" else world.make_user("mediator", organisation=_where(world, user, relation)).pk}


def line_of(world, user, relation):
    from relais.coaching.models import Line

    if relation == "deleted":
        return {"pk": 999_999_999}
    return {"pk": Line.objects.create(slug=uuid4().hex, name="Ligne", organisation=_where(world, user, relation)).pk}


def closure(world, user, relation):
    """Days off of a line."""
    from relais.coaching.models import LineClosure

    pk, day = line_of(world, user, relation)["pk"], world.now.date()
    return {"pk": pk, "number": LineClosure.objects.create(line_id=pk, first=day, last=day).pk if relation != "deleted" else 1}


def canned_reply(world, user, relation):
    """One's own, a colleague's, one of another organisation."""
    from relais.coaching.models import CannedReply

    if relation == "deleted":
        return {"pk": 999_999_999}
    owner = user if relation == "own" else world.people["mediator"]
    values = {"organisation": _where(world, user, relation), "shortcut": uuid4().hex[:20], "title": "Bonjour", "body": "Bonjour"}
    return {"pk": CannedReply.objects.create(owner=owner, checked_on=world.now.date(), **values).pk}


def absence(world, user, relation):
    from relais.coaching.models import Absence

    if relation == "deleted":
        return {"pk": 999_999_999}
    day, who = world.now.date(), colleague(world, user, relation)["pk"]
    return {"pk": Absence.objects.create(user_id=who, first=day, last=day, declared_by_id=who).pk}


def desk_team(world, user, relation):
    from relais.coaching.models import Team

    if relation == "deleted":
        return {"pk": 999_999_999}
    return {"pk": Team.objects.create(organisation=_where(world, user, relation), name=uuid4().hex).pk}


def danger_file(world, user, relation):
    """One that `user` opened, one of a colleague, one of another organisation."""
    from relais.coaching.models import DangerFile

    if relation == "deleted":
        return {"pk": uuid4()}
    opener = user if relation == "own" else world.make_user("mediator", organisation=user.memberships.get().organisation if relation == "same" else None)
    values = {"level": "B", "facts": "Des faits.", "opened_at": world.now, "second_due_at": world.now}
    return {"pk": DangerFile.objects.create(organisation=opener.memberships.get().organisation, opened_by=opener, **values).pk}


def host_name(world, user, relation):
    """A site of one's own organisation, of another one."""
    from relais.accounts.models import Site

    if relation == "deleted":
        return {"site_id": 999_999_999}
    return {"site_id": Site.objects.create(organisation=_where(world, user, relation), host=f"{uuid4()}.invalid").pk}


def volunteer_check(world, user, relation):
    """The check of a volunteer where one works, of a colleague who volunteers, of somebody elsewhere: a supervisor or an administrator looks after theirs."""
    from relais.accounts.models import VolunteerCheck

    if relation == "deleted":
        return {"pk": 999_999_999}
    today, where = world.now.date(), None if relation == "other" else user.memberships.get().organisation
    dates = {"issued_on": today, "verified_on": today, "expires_on": today + timedelta(days=365)}
    volunteer = world.make_user("volunteer", organisation=where)
    return {"pk": VolunteerCheck.objects.create(user=volunteer, number="H-1", verified_by=world.make_user("supervisor"), **dates).pk}


def handover(world, user, relation):
    """One sent to `user`, to a colleague, to another partner."""
    from relais.coaching.models import Conversation, Handover

    if relation == "deleted":
        return {"pk": uuid4()}
    organisation = user.memberships.get().organisation if relation == "same" else None
    partner = user if relation == "own" else world.make_user("partner", organisation=organisation)
    sent = Handover.objects.create(
        conversation_id=conversation(world, world.people["mediator"], "own")["pk"],
        structure_id=structure(world, user, "own")["pk"],
        partner_email=partner.email,
        proposed_by=world.people["mediator"],
        state="sent",
        summary="Cherche une formation.",
        key=uuid4(),
        proposed_at=world.now,
        agreed_at=world.now,
        agreed_until=world.now + timedelta(days=30),
    )
    Conversation.objects.filter(pk=sent.conversation_id).update(age_band="18-25")
    return {"pk": sent.pk}


def appointment(world, user, relation):
    """A slot chosen in such a conversation, tomorrow."""
    from relais.coaching.models import Appointment

    pk = conversation(world, user, relation)["pk"]
    if relation == "deleted":
        return {"pk": pk, "number": uuid4()}
    values = {"kind": "call", "starts_at": world.now + timedelta(days=1), "state": "chosen", "proposal": uuid4(), "proposed_at": world.now}
    return {"pk": pk, "number": Appointment.objects.create(conversation_id=pk, **values).pk}


def partner_appointment(world, user, relation):
    """A slot chosen with such a partner."""
    from relais.coaching.models import Appointment, Handover

    pk = handover(world, user, relation)["pk"]
    if relation == "deleted":
        return {"pk": pk, "number": uuid4()}
    sent = Handover.objects.get(pk=pk)
    values = {"kind": "call", "starts_at": world.now + timedelta(days=1), "state": "chosen", "proposal": uuid4(), "proposed_at": world.now}
    return {"pk": pk, "number": Appointment.objects.create(conversation=sent.conversation, handover=sent, **values).pk}


def structure(world, user, relation):
    """Structures belong to nobody: all are alike."""
    from relais.catalogue.models import Structure

    if relation == "deleted":
        return {"pk": uuid4()}
    values = {"kind": "mission-locale", "name": "Mission locale", "departement": "49", "placement": "approximate", "digest": ""}
    return {"pk": Structure.objects.create(source="test", source_id=uuid4().hex, **values).pk}


def import_run(world, user, relation):
    """A run of an importer, of the catalogue of the organisation of `user`, or of another."""
    from relais.catalogue.models import ImportRun

    if relation == "deleted":
        return {"pk": 999_999_999}
    return {"pk": ImportRun.objects.create(source="test", origin="test", started_at=world.now, organisation=_where(world, user, relation)).pk}


def brought_table(world, user, relation):
    """A table that the organisation of `user` has brought, or another."""
    from relais.catalogue.models import BroughtTable

    if relation == "deleted":
        return {"pk": uuid4()}
    sheet = {"headers": ["Nom", "Ville"], "rows": [["Foyer", "Pau"]], "lines": [2], "told": []}
    values = {"organisation": _where(world, user, relation), "by": user, "brought_at": world.now, "sheet": sheet}
    return {"pk": BroughtTable.objects.create(name="structures.csv", **values).pk}


def reported_offer(world, user, relation):
    """An offer reported to the organisation of `user`, or to another."""
    from relais.catalogue.models import JobOffer, OfferReport

    if relation == "deleted":
        return {"pk": 999_999_999}
    values = {"title": "Offre", "published_at": world.now, "refreshed_at": world.now, "seen_at": world.now, "origin": "Test", "digest": ""}
    offer = JobOffer.objects.create(source="test", source_id=uuid4().hex, **values)
    OfferReport.objects.create(offer=offer, ground="scam", reported_at=world.now, organisation=_where(world, user, relation))
    return {"pk": offer.pk}


def letter(world, user, relation):
    """A letter of the organisation of `user` that did not leave, or of another."""
    from relais.foundation.models import Outbound

    if relation == "deleted":
        return {"pk": uuid4()}
    values = {"channel": "email", "state": "failed", "payload": {"to": "x@exemple.invalid"}, "not_before": world.now, "created_at": world.now}
    return {"pk": Outbound.objects.create(key=uuid4().hex, owner=_where(world, user, relation).pk, **values).pk}


def aside(world, user, relation):
    """A message from outside that was set aside: come to the line of the organisation of `user`, or of another."""
    from relais.channels.models import Inbound
    from relais.channels.services import receive

    if relation == "deleted":
        return {"pk": uuid4()}
    row, _ = receive(channel="email", provider_id=uuid4().hex, sender="x@exemple.invalid", body="Absent", at=world.now, reason="automatic")
    Inbound.objects.filter(pk=row.pk).update(owner=_where(world, user, relation).pk)
    return {"pk": row.pk}


def unreadable(world, user, relation):
    """As `aside`, of a letter that no program could read."""
    from relais.channels.models import Inbound

    found = aside(world, user, relation)
    Inbound.objects.filter(pk=found["pk"]).update(state="refused", reason="unreadable", raw=b"{")
    return found


def touch(world, user, relation):
    """One of the organisation of `user` (nobody owns a touch alone), or of another."""
    from relais.campaigns.models import Touch
    from relais.foundation.codes import TOUCH_LENGTH, readable

    code = readable(TOUCH_LENGTH)
    if relation != "deleted":
        organisation = (world.make_user("campaign_manager") if relation == "other" else user).memberships.get().organisation
        Touch.objects.create(code=code, kind="poster", label=f"Affiche {code}", organisation=organisation, created_at=world.now)
    return {"code": code}


def studio_upload(world, user, relation):
    """A signed agreement sent by `user`, by a colleague, by somebody of another organisation."""
    from relais.stories.tests.studio import draft, send

    if relation == "deleted":
        return {"pk": uuid4()}
    organisation = None if relation == "other" else user.memberships.get().organisation
    sender = user if relation == "own" else world.make_user("mediator", organisation=organisation)
    return {"pk": send(draft(sender, world.now), sender, b"%PDF-1.7", world.now, purpose="proof", name="accord.pdf").pk}


def studio_file(world, user, relation):
    """A story made by `user`, by a colleague, by somebody of another organisation."""
    from relais.stories.tests.studio import draft

    if relation == "deleted":
        return {"slug": "inconnu"}
    maker = world.make_user("mediator") if relation == "other" else user
    return {"slug": draft(maker, world.now).slug}


def studio_consent(world, user, relation):
    """An agreement on record for a story of the organisation of `user` (nobody owns one alone), or of another."""
    from relais.stories.models import Consent, Upload

    if relation == "deleted":
        return {"pk": uuid4()}
    upload = Upload.objects.get(**studio_upload(world, user, "other" if relation == "other" else "own"))
    values = {"kind": "person", "name": "Lou", "channels": ["site"], "starts": world.now.date(), "ends": world.now.date(), "recorded_at": world.now}
    return {"pk": Consent.objects.create(story_id=upload.story_id, proof=upload, recorded_by=user, **values).pk}


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
    from relais.stories.tests.studio import draft

    if relation == "deleted":
        return {"pk": uuid4()}
    story = draft(world.make_user("mediator") if relation == "other" else user, world.now, form="text")
    values = {"key": uuid4(), "pseudonym": "Loutre 12", "body": "Il faut un diplôme ?", "shown_body": "Il faut un diplôme ?"}
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
    from relais.stories.models import Notice, Question

    if relation == "deleted":
        return {"pk": uuid4()}
    question = Question.objects.get(pk=asked(world, user, relation)["pk"])
    values = {"key": uuid4(), "ground": "privacy", "received_at": world.now}
    return {"pk": Notice.objects.create(story_id=question.story_id, question=question, **values).pk}


def passkey(world, user, relation):
    if relation == "deleted":
        return {"pk": 999_999_999}
    organisation = user.memberships.get().organisation if relation == "same" else None
    owner = user if relation == "own" else world.make_user("partner", organisation=organisation)
    return {"pk": Authenticator.objects.create(user=owner, type="webauthn", data={"name": "téléphone"}).pk}


# ---- The table ----------------------------------------------------------------------------------------------------

EVERYBODY = dict.fromkeys(STAFF, "own")
LINE_STAFF = {"mediator": "own same", "supervisor": "own same"}
# A volunteer holds what these rows are about, of somebody whose age nobody knows, without a check: it does not exist for them.
WITH_VOLUNTEERS = LINE_STAFF | {"volunteer": ""}
READS_DANGER = {"mediator": "own", "supervisor": "own same"}
CAMPAIGN_STAFF = {"campaign_manager": "own same", "funder": "own same"}
CORRECTORS = ("mediator", "supervisor", "administrator")
STUDIO = dict.fromkeys(("campaign_manager", "mediator", "supervisor"), "own same")
DECIDE = dict.fromkeys(("supervisor", "administrator"), "own same")
READERS = ("campaign_manager", "funder", "supervisor", "administrator")

ROWS = {
    # portal
    "home": public(),
    "followed": public(),
    "help": public(),
    "legal": public(),
    "privacy": public(),
    "accessibility": public(),
    "components": public(),
    "robots": public(),
    "sitemap": public(),
    "health_ready": public(200, 503),
    # stories
    "story_list": public(),
    "story": public(404, slug="inconnu"),
    "keep_story": public(302, post=True, slug="inconnu"),
    "react": public(404, post=True, slug="inconnu"),
    "tastes": public(),
    "choose_tastes": public(302, post=True),
    "forget_tastes": public(302, post=True),
    "follow_occupation": public(404, post=True, slug="inconnu"),
    # stories, the studio
    "studio": only(*STUDIO),
    "studio_new": only(*STUDIO),
    "studio_story": detail(studio_file, **STUDIO),
    "studio_edit": detail(studio_file, **STUDIO),
    "studio_move": detail(studio_file, post=True, **STUDIO),
    "studio_proofread": detail(studio_file, post=True, **STUDIO),
    "studio_mistake": detail(studio_file, post=True, **STUDIO),
    "studio_consents": detail(studio_file, **STUDIO),
    "studio_consent_withdraw": detail(studio_consent, post=True, **STUDIO),
    "studio_copy": detail(studio_file, post=True, **STUDIO),
    "studio_copy_down": detail(studio_copy, post=True, **STUDIO),
    # stories, the studio's files
    "studio_send": detail(studio_file, post=True, **STUDIO),
    "studio_piece": detail(studio_upload, **STUDIO),
    "studio_forget": detail(studio_upload, post=True, **STUDIO),
    "studio_proof": detail(studio_upload, **STUDIO),
    "studio_video": detail(studio_file, **STUDIO),
    "studio_progress": detail(studio_file, **STUDIO),
    "studio_version": detail(studio_file, post=True, **STUDIO),
    "studio_network_copy": detail(studio_file, post=True, **STUDIO),
    "studio_srt": detail(studio_file, **STUDIO),
    "studio_vtt": detail(studio_file, **STUDIO),
    # stories, questions below them
    "ask": public(404, slug="inconnu"),
    "question_receipt": public(404, secret="inconnu"),
    "question_take_back": public(404, post=True, secret="inconnu"),
    "answer_link": public(404, secret="inconnu"),
    "report_story": public(404, story="inconnu"),
    "report_question": public(404, question=uuid4()),
    "report_answer": public(404, answer=999_999_999),
    "notice_receipt": public(404, secret="inconnu"),
    "moderation": only(*STUDIO),
    "moderate_question": detail(asked, **STUDIO),
    "moderate_question_do": detail(asked, post=True, **STUDIO),
    "moderate_answer_do": detail(public_answer, post=True, **STUDIO),
    "moderate_notice": detail(unlawful_notice, **STUDIO),
    # catalogue
    "occupation_list": public(),
    "occupation": public(404, slug="inconnu"),
    "structure_list": public(),
    "communes": public(200, 422),
    "structure": public(404, pk=uuid4()),
    "offer": public(404, pk=999_999_999),
    "report_offer": public(404, pk=999_999_999),
    "training": public(404, pk=999_999_999),
    "freshness": only("supervisor", "administrator"),
    "set_aside": detail(import_run, **DECIDE),
    "offer_reports": only("supervisor", "administrator"),
    "decide_on_offer": detail(reported_offer, post=True, **DECIDE),
    "bring_table": only("supervisor", "administrator"),
    "rehearsed_table": detail(brought_table, ok=(302,), **DECIDE),
    "match_table": detail(brought_table, **DECIDE),
    "rehearse_table_again": detail(brought_table, post=True, **DECIDE),
    "confirm_table": detail(brought_table, post=True, **DECIDE),
    "forget_table": detail(brought_table, post=True, **DECIDE),
    "staff_structures": only(*CORRECTORS),
    "staff_structure": detail(structure, shared=True, **dict.fromkeys(CORRECTORS, "own same other")),
    # doors in (without their secret they do not exist)
    "door_email": public(404, post=True, provider="brevo"),
    "door_sms_signed": public(404, post=True),
    "door_sms_secret": public(404, post=True, secret="inconnu"),
    "door_discord": public(404, post=True),
    # coaching, the young person's side
    "talk": public(),
    "write": public(302, post=True),
    "talk_news": public(302),
    "talk_wait": public(302),
    "resume": public(),
    "leave": public(302, post=True),
    "callback": public(302),
    "guide": public(),
    "situation": public(302),
    "own_age": public(302),
    "own_data": public(302),
    "erase": public(302),
    "erased": public(),
    "private_link": public(404, secret="inconnu"),
    "talk_question": public(404, secret="inconnu"),
    "agreement": public(302, pk=uuid4()),
    "receipt": public(302, pk=uuid4()),
    "joint_thread": public(302, pk=uuid4()),
    "appointment": public(302, proposal=uuid4()),
    "appointment_cancel": public(302, post=True, pk=uuid4()),
    "own_calendar": public(302, pk=uuid4()),
    "news_choice": public(302),
    "news": public(404, secret="inconnu"),
    "partner_link_calendar": public(404, secret="inconnu", number=uuid4()),
    # coaching, the partner's side
    "partner_link": public(404, secret="inconnu"),
    "orientations": only("partner"),
    "orientation": detail(handover, partner="own"),
    # coaching, the desk
    "inbox": only("mediator", "volunteer", "supervisor"),
    "inbox_list": only("mediator", "volunteer", "supervisor"),
    "desk": detail(conversation, **WITH_VOLUNTEERS),
    "desk_news": detail(conversation, mediator="", supervisor="", volunteer=""),
    "alarm_list": detail(conversation, mediator="", supervisor="", volunteer=""),
    "staff_situation": detail(conversation, post=True, **LINE_STAFF),
    "why": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "claim": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "release": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "reply": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "close": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "callback_done": detail(conversation, post=True, **WITH_VOLUNTEERS),
    "beside": only("mediator", "volunteer", "supervisor"),
    "find": only("mediator", "volunteer", "supervisor"),
    "presence": only("mediator", "volunteer", "supervisor", post=True),
    "mentions": only("mediator", "volunteer", "supervisor"),
    "draft": detail(conversation, post=True, mediator="", volunteer="", supervisor=""),
    "note": detail(conversation, post=True, mediator="", volunteer="", supervisor=""),
    "transfer": detail(conversation, ok=(200, 302), **WITH_VOLUNTEERS),
    "pass_on": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "replies": only("mediator", "volunteer", "supervisor"),
    "new_canned_reply": only("mediator", "volunteer", "supervisor"),
    "canned_reply": detail(canned_reply, mediator="own same", volunteer="own same", supervisor="own same"),
    "canned_check": detail(canned_reply, post=True, mediator="own same", volunteer="own same", supervisor="own same"),
    "absences": only("mediator", "volunteer", "supervisor"),
    "end_absence": detail(absence, post=True, mediator="own", volunteer="own", supervisor="own same"),
    # coaching, the wall of the line
    "wall": only("supervisor"),
    "wall_figures": only("supervisor"),
    "force_line": detail(line_of, supervisor="own same"),
    "lines": only("supervisor", "administrator"),
    "new_line": only("supervisor", ok=(200, 302)),
    "line_settings": detail(line_of, supervisor="own same"),
    "close_days": detail(line_of, post=True, supervisor="own same"),
    "reopen_days": detail(closure, post=True, supervisor="own same"),
    "reassign": detail(conversation, post=True, supervisor="own same"),
    "give_load": detail(colleague, supervisor="own same"),
    "desk_teams": only("supervisor"),
    "new_desk_team": only("supervisor"),
    "desk_team": detail(desk_team, supervisor="own same"),
    "hand_over": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "follow": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "propose_slots": detail(conversation, ok=(200, 302), **LINE_STAFF),
    "settle": detail(appointment, post=True, **LINE_STAFF),
    "desk_calendar": detail(appointment, ok=(200, 302), **LINE_STAFF),
    "intake": detail(structure, shared=True, mediator="own same other", supervisor="own same other", partner=""),
    "orientation_calendar": detail(partner_appointment, partner="own"),
    "merge": detail(conversation, ok=(302,), **LINE_STAFF),
    # coaching, safeguarding (nothing is done about a conversation that was not opened first)
    "alarm_seen": detail(conversation, post=True, mediator="", supervisor=""),
    "entrust": detail(conversation, ok=(200, 302), supervisor="own same"),
    "danger_open": detail(conversation, mediator="", supervisor=""),
    "danger_list": only("mediator", "supervisor"),
    "danger": detail(danger_file, **READS_DANGER),
    "danger_why": detail(danger_file, post=True, **READS_DANGER),
    "danger_close": detail(danger_file, post=True, **READS_DANGER),
    "danger_report": detail(danger_file, ok=(302,), **READS_DANGER),
    **{f"danger_{step}": detail(danger_file, post=True, **READS_DANGER) for step in ("ajouter", "relire", "decider", "transmis")},
    # coaching, letters that did not leave, messages set aside
    "letters": only("supervisor", "administrator"),
    "arrivals": only("supervisor", "administrator"),
    "look_again": detail(aside, post=True, **DECIDE),
    "inbound_letter": detail(unreadable, **DECIDE),
    "retention": only("supervisor", "administrator"),
    "send_ticked": only("supervisor", "administrator", post=True),
    "send_again": detail(letter, post=True, **DECIDE),
    # campaigns
    "unknown_code": public(404, code="inconnu"),
    "campaigns:touches": only("campaign_manager", "funder"),
    "campaigns:new-touch": only("campaign_manager"),
    "campaigns:touch": detail(touch, **CAMPAIGN_STAFF),
    "campaigns:qr": detail(touch, **CAMPAIGN_STAFF),
    # insights
    "insights:funnel": only(*READERS),
    "insights:figure": only(*READERS, slug="followed"),
    "insights:export": only(*READERS),
    "insights:export_xlsx": only(*READERS),
    "promise": public(),
    # the JSON door
    "api:api-root": public(404),
    "api:openapi-json": public(),
    "api:occupations": public(),
    "api:find": public(422),
    "search": public(),
    "search_suggestions": public(),
    "api:public_figures": public(),
    "api:promise": public(),
    "api/v1/<path:rest>": public(404, rest="inconnu"),
    # accounts
    "pro_home": staff(200),
    "palette": staff(200),
    "team": only("administrator", "supervisor"),
    "invite": only("administrator", post=True),
    "add_organisation": only("administrator", post=True),
    "withdraw_invitation": detail(sent_invitation, post=True, administrator="own same other"),
    "lift_stop": detail(stopped, post=True, administrator="same other", supervisor="same"),
    "volunteers": only("administrator", "supervisor"),
    "revoke_check": detail(volunteer_check, post=True, administrator="own same other", supervisor="own same"),
    "member": detail(somebody, administrator="own same other"),
    "approve_account": detail(somebody, post=True, administrator="own same other"),
    "change_roles": detail(roles_of_somebody, post=True, administrator="own same other"),
    "deactivate_account": detail(somebody, post=True, administrator="own same other"),
    "reopen_account": detail(closed_account, post=True, administrator="same other"),
    "confirm_right": detail(asked_right, post=True, administrator="own same other"),
    "drop_right": detail(asked_right, post=True, administrator="own same other"),
    "invitation": public(404, secret="inconnu"),
    "sites": only("administrator"),
    "open_site": only("administrator", post=True),
    "specimen": only("administrator", look="ff5a2c-10122a"),
    "site": detail(host_name, administrator="own same other"),
    "default_site": detail(host_name, post=True, administrator="own same other"),
    "close_site": detail(host_name, administrator="own same other"),
    "programme": only("administrator"),
    "job": only("administrator", job="check-figures"),
    "run_job": only("administrator", post=True, job="check-figures"),
    "look": public(404, look="ff5a2c-10122a"),
    "logo": public(404, version="inconnu"),
    # the demonstration door (shut here)
    "demo": public(404),
    "demo_letters": public(404),
    # allauth
    "account_login": public(200, 302),
    "account_logout": public(200, 302),
    "account_inactive": public(),
    "account_signup": public(200, 302),
    "account_reauthenticate": staff(200, 302, enrolment=True),
    "account_email": closed(),
    "account_email_verification_sent": public(),
    "account_change_password": staff(200, 302, enrolment=True),
    "account_set_password": closed(),
    "account_reset_password": public(),
    "account_confirm_login_code": closed(),
    "account_confirm_email": public(key="inconnu"),
    "account_reset_password_from_key_done": public(),
    "account_reset_password_from_key": public(uidb36="0", key="inconnu"),
    "account_reset_password_done": public(),
    "mfa_index": staff(enrolment=True),
    "mfa_authenticate": public(302),
    "mfa_reauthenticate": staff(),
    "mfa_activate_totp": staff(200, 302, enrolment=True),
    "mfa_deactivate_totp": staff(),
    "mfa_view_recovery_codes": staff(404),
    "mfa_generate_recovery_codes": staff(),
    "mfa_download_recovery_codes": staff(404),
    "mfa_list_webauthn": staff(),
    "mfa_add_webauthn": staff(enrolment=True),
    "mfa_reauthenticate_webauthn": staff(302),
    "mfa_remove_webauthn": detail(passkey, any_role=True, **EVERYBODY),
    "mfa_edit_webauthn": detail(passkey, any_role=True, **EVERYBODY),
    "mfa_login_webauthn": public(302),
}


# ---- The walk -----------------------------------------------------------------------------------------------------


def addresses(patterns=None, namespace="", route="") -> dict:
    """Every URL pattern, by its full name (its route when it has none) → its view."""
    found = {}
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            found[namespace + pattern.name if pattern.name else here] = pattern.callback
        else:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found |= addresses(pattern.url_patterns, inner, here)
    return found


ADDRESSES = addresses()


def test_every_address_has_a_row_and_every_row_an_address():
    assert sorted(ADDRESSES.keys() - ROWS.keys()) == [], "addresses without a row in ROWS"
    assert sorted(ROWS.keys() - ADDRESSES.keys()) == [], "rows without an address"


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_a_view_says_what_its_row_says(name):
    """The list of pages without an account is the list of public rows, and nothing else; roles are those of the row."""
    row, view = ROWS[name], ADDRESSES[name]
    closed_by_middleware = row == closed(**row.kwargs)
    if not closed_by_middleware:
        assert (name in ENTRANCE or not getattr(view, "login_required", True)) == row.is_public
    assert getattr(view, "allowed_roles", None) == row.roles


@pytest.fixture
def world(people, make_user, now):
    return World(people, make_user, now)


@pytest.fixture(scope="module")
def sessions(django_db_setup, django_db_blocker):
    """{visitor: (session, account)}, written once for all addresses: signing everybody in for each costs more than most pages."""
    with django_db_blocker.unblock():
        empty = {model._meta.db_table for model in apps.get_models() if not model._base_manager.exists()}
        people = ensure_demo_people(now=timezone.now())
        accounts = {role: people[role] for role in STAFF} | {
            "unapproved": builders.user("administrator", approved=False),
            "without_second_factor": builders.user("administrator", second_factor=False, password="un mot de passe"),
            "deactivated": builders.user("administrator"),
            "stopped": stop_with_every_role(),
        }
        made = {visitor: (builders.session(user), user.pk) for visitor, user in accounts.items()}
        User.objects.filter(pk=accounts["deactivated"].pk).update(is_active=False)
        written = [model._meta.db_table for model in apps.get_models() if model._meta.db_table in empty and model._base_manager.exists()]
    yield made
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the register of readings is append-only
        cursor.execute(f"TRUNCATE {', '.join(written)} CASCADE")
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def visitors(sessions, db, settings):
    """Visitor → (client, user or None)."""
    # They proved who they are when these tests began, which a slow machine makes long ago.
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 7200

    def of(session, pk):
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        return client, User.objects.get(pk=pk)

    return {"anonymous": (Client(), None)} | {visitor: of(*held) for visitor, held in sessions.items()}


def stop_with_every_role():
    """Whoever read too much, whatever they could do before."""
    from relais.accounts.models import Membership, ReadingStop

    user = builders.user("administrator")
    organisation = user.memberships.get().organisation
    Membership.objects.bulk_create(Membership(user=user, organisation=organisation, role=role) for role in STAFF if role != "administrator")
    ReadingStop.objects.create(user=user, at=user.date_joined, files=201)
    return user


def ask(client, row, name, kwargs, method=None):
    kwargs = row.kwargs | kwargs
    # A pattern without a name is known by its route.
    address = "/" + re.sub(r"<\w+:(\w+)>", lambda found: str(kwargs[found[1]]), name) if "/" in name else reverse(name, kwargs=kwargs)
    return getattr(client, method or row.method)(address)


def refusal(visitor) -> tuple:
    """(status, where to) for a visitor who is not let in."""
    if visitor in ("anonymous", "deactivated"):
        return 302, "/compte/login/"
    if visitor in ("unapproved", "stopped"):
        return 403, ""
    return (302, "/compte/2fa/") if visitor == "without_second_factor" else (404, "")


def check(visitor, row, response, *, may_open: bool):
    where = response.headers.get("Location", "").partition("?")[0]
    said = f"{visitor}: {response.status_code} {where}"
    assert_headers(response, signed_in=visitor not in ("anonymous", "deactivated"))
    if may_open:
        assert response.status_code in row.ok, said
        assert where not in ("/compte/login/", "/compte/2fa/") or row.is_public, said
    elif row == closed(**row.kwargs):
        assert response.status_code == 404, said
    elif response.status_code != 405:  # a method that nobody may use is refused before the person is
        assert (response.status_code, where) == refusal(visitor), said


def assert_headers(response, *, signed_in: bool):
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "same-origin"
    if signed_in:
        assert response.headers["Cache-Control"] == "no-store"


PLAIN = [name for name in sorted(ADDRESSES) if name in ROWS and ROWS[name].thing is None]
DETAILS = [name for name in sorted(ADDRESSES) if name in ROWS and ROWS[name].thing is not None]


@pytest.mark.parametrize("name", PLAIN)
def test_plain_address(name, visitors):
    row = ROWS[name]
    for visitor in VISITORS:
        client, _ = visitors[visitor]
        may_open = row.is_public or visitor in row.opens or (visitor == "without_second_factor" and row.enrolment)
        if not may_open:
            # The guard stands before the method: the rarer ones are asked by two kinds of visitors, not by all.
            for method in ("get", "post", "put", "patch", "delete") if visitor in ("anonymous", "funder") else ("get", "post"):
                check(visitor, row, ask(client, row, name, {}, method), may_open=False)
        check(visitor, row, ask(client, row, name, {}), may_open=may_open)


@pytest.mark.parametrize("name", DETAILS)
def test_address_of_an_object(name, visitors, world):
    row = ROWS[name]
    for visitor in VISITORS:
        client, user = visitors[visitor]
        pages = {}
        for relation in RELATIONS:
            kwargs = row.thing(world, user if visitor in STAFF else world.people["administrator"], relation)
            response = ask(client, row, name, kwargs)
            check(visitor, row, response, may_open=relation in row.opens.get(visitor, "").split())
            pages[relation] = anonymous_bytes(response)
        # What is not yours does not exist: the same page, byte for byte.
        for relation in RELATIONS:
            if visitor in STAFF and relation not in row.opens.get(visitor, "").split():
                assert pages[relation] == pages["deleted"], f"{visitor}, {relation}"


@pytest.mark.parametrize("name", DETAILS)
def test_a_role_opens_only_where_it_is_held(name, world, make_user, client_for):
    """Mediator here, supervisor elsewhere: a colleague's object here is a mediator's, one there a supervisor's."""
    row, here = ROWS[name], world.people["mediator"].memberships.get().organisation
    there = make_user("supervisor")
    visitor = make_user("mediator", organisation=here)
    Membership.objects.create(user=visitor, organisation=there.memberships.get().organisation, role="supervisor")
    gone = anonymous_bytes(ask(client_for(visitor), row, name, row.thing(world, there, "deleted")))
    for role, colleague_of in (("mediator", world.people["mediator"]), ("supervisor", there)):
        response = ask(client_for(visitor), row, name, row.thing(world, colleague_of, "same"))
        may_open = "same" in row.opens.get(role, "").split()
        check(f"{role} of two organisations", row, response, may_open=may_open)
        assert may_open or anonymous_bytes(response) == gone, role


HOST_ONLY = {"default_site", "close_site"}
"""What touches the other organisations, even where the thing is one's own."""


@pytest.mark.parametrize("name", [name for name in DETAILS if "administrator" in ROWS[name].opens])
def test_an_administrator_administers_their_own_organisation(name, world, make_user, client_for):
    """Only those of the organisation that runs the site look after the others."""
    row, guest = ROWS[name], make_user("administrator")
    for relation in RELATIONS:
        response = ask(client_for(guest), row, name, row.thing(world, guest, relation))
        theirs = set() if name in HOST_ONLY else {"own", "same", "deleted"}
        opened = set(row.opens["administrator"].split()) & ({*RELATIONS} if row.shared else theirs)
        check("administrator of another organisation", row, response, may_open=relation in opened)


@pytest.mark.parametrize("name", ["programme", "job", "run_job"])
def test_what_is_of_the_installation_is_for_administrators_of_the_host(name, world, make_user, client_for):
    check("administrator of another organisation", ROWS[name], ask(client_for(make_user("administrator")), ROWS[name], name, ROWS[name].kwargs), may_open=False)


def anonymous_bytes(response) -> bytes:
    """The page without its own address and without the secret of its forms."""
    content = response.content.replace(response.wsgi_request.path.encode(), b"?")
    return re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", content)
