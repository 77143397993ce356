"""/confidentialite says what the code does: the same durations, the same readers, the same carriers."""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts.models import Role, Site
from relais.coaching import services
from relais.coaching.models import Conversation, Line
from relais.coaching.rights import ending
from relais.foundation import outbox, retention, sites
from relais.foundation.jinja import lasting
from relais.foundation.retention.registry import registry
from relais.handovers.models import Handover
from relais.portal import checks, privacy
from tests import builders
from tests.builders import discord_account, sms_account

pytestmark = pytest.mark.django_db


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def page(client) -> str:
    return plain(client.get("/confidentialite").content.decode())


def test_every_rule_has_its_purpose_and_every_purpose_its_end():
    ruled = {slug for one in privacy.PURPOSES for slug in one.rules}
    stays = {what for one in privacy.PURPOSES for what in one.stays}
    declared = {rule.slug for rule in retention.rules()} | {one.what for one in retention.stays()}
    assert ruled | stays | privacy.IMPERSONAL == declared, (
        "say its purpose in PURPOSES of portal/privacy.py, or IMPERSONAL"
    )
    assert privacy.IMPERSONAL.isdisjoint(ruled | stays)
    assert all(one.lasts for one in privacy.PURPOSES)


def test_durations_are_those_of_the_broom(client, monkeypatch):
    told = page(client)
    every = [f"<dt>{rule.what}</dt>" for rule in retention.rules()]
    assert sorted(every, key=told.index) == every, "from what people wrote to what the machine needs"
    for rule in retention.rules():
        assert plain(f"<dt>{rule.what}</dt> <dd>{lasting(rule.keep) if rule.keep else 'effacés aussitôt'} ") in told
    monkeypatch.setitem(registry, "callbacks", replace(registry["callbacks"], keep=timedelta(days=71)))
    monkeypatch.setattr(ending, "ANONYMOUS", timedelta(days=77))
    assert page(client).count("71 jours") == 2 and "77 jours" in page(client)


@pytest.fixture
def sent(db, people, now):
    """A conversation that a volunteer holds, and that was passed to a partner."""
    line = Line.objects.create(slug="l", name="Ligne", organisation=people["mediator"].memberships.get().organisation)
    held = services.open_conversation(
        line=line, pseudonym="Geai", commune=None, touch="", body="Bonjour", key=uuid4(), now=now
    ).conversation
    Conversation.objects.filter(pk=held.pk).update(age_band="18-25", claimed_by=people["volunteer"])
    structure = builders.structure(name="Lieu")
    Handover.objects.create(
        conversation=held,
        structure=structure,
        partner_email=people["partner"].email,
        proposed_by=people["mediator"],
        state="sent",
        summary="Oui",
        key=uuid4(),
        proposed_at=now,
        agreed_at=now,
        agreed_until=now + timedelta(days=1),
    )


def test_readers_are_the_roles_that_read(sent, people):
    reads = {
        role
        for role in Role
        if Conversation.objects.visible_to(people[role.value]).exists()
        or Handover.objects.sent_to(people[role.value]).exists()
    }
    assert {role for one in privacy.READERS for role in one.roles} == reads


def test_carriers_are_the_channels_by_which_something_leaves(client):
    assert {one.channel for one in privacy.CARRIERS} - {""} == set(outbox._transports)
    assert "fournisseur de SMS" not in page(client) and "Discord, une entreprise" not in page(client)
    discord_account(public_key="ab" * 32)
    sms_account(url="https://sms.exemple.invalid")
    assert "fournisseur de SMS" in page(client) and "Discord, une entreprise des États-Unis" in page(client)


def test_it_says_what_article_13_asks_for(client):
    told = page(client)
    for words in (
        "6‑1‑a",
        "6‑1‑c",
        "6‑1‑e",
        "article 45",
        "cnil.fr/fr/plaintes",
        "portabilité",
        "Retirer ton accord",
        "limiter",
        "t’opposer",
    ):
        assert words in told, words
    assert "personne d’autre" not in told.lower() and "renseigner" not in told
    words = {
        "publisher": "Département d’essai",
        "hosting": "Hébergeur d’essai",
        "data_contact": "dpo@exemple.invalid",
        "mail_provider": "Poste d’essai",
    }
    sites.hold([Site(is_default=True, **words)])
    told = page(client)
    for words in ("Département d’essai", "Hébergeur d’essai", "dpo@exemple.invalid", "Poste d’essai"):
        assert words in told, words


def test_who_opens_the_site_is_told_what_is_missing(settings):
    assert checks.operator_is_named(None) == [], "nobody is behind a demonstration"
    settings.LOCAL = False
    (found,) = checks.operator_is_named(None)
    assert "publisher, hosting, data_contact, mail_provider" in found.msg
    words = {"publisher": "A", "hosting": "B", "data_contact": "C", "mail_provider": "D"}
    sites.hold(
        [Site(host="un.exemple.invalid", **words), Site(host="autre.exemple.invalid", **words | {"hosting": ""})]
    )
    (found,) = checks.operator_is_named(None)
    assert "autre.exemple.invalid does not say: hosting." in found.msg
    sites.hold([Site(host="un.exemple.invalid", **words)])
    assert checks.operator_is_named(None) == []
