"""What a person may do with what is kept about them, and what time does by itself."""

import json
import re
import threading
import time
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.apps import apps
from django.conf import settings as real
from django.core.management import call_command
from django.db import connection, transaction

from relais.accounts.models import AccessRecord
from relais.coaching import services, thread
from relais.coaching.models import (
    Callback,
    Conversation,
    Draft,
    Message,
    Note,
    RetentionRun,
)
from relais.coaching.models.conversation import CONVERSATION
from relais.coaching.rights import broom, ending, requests
from relais.foundation import retention
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.retention.registry import registry
from relais.foundation.sealed import SealedBytesField, SealedJSONField, SealedTextField
from relais.journeys.models import Journey
from relais.safeguarding.models import DangerFile

from .conftest import Canaries

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def everywhere() -> str:
    """Every text of every table, opened where it is sealed."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row for (row,) in cursor.fetchall()]
    for model in apps.get_models():
        for field in model._meta.local_fields:
            if isinstance(field, SealedTextField):
                found += [str(value) for value in model.objects.order_by().values_list(field.name, flat=True)]
    for folder in ("media", "mail", "search"):
        for file in (real.DATA / folder).rglob("*"):
            if file.is_file():
                found.append(file.read_bytes().decode("utf-8", "ignore"))
    return "\n".join(found)


def test_sealed_words_do_not_show_in_a_copy_of_the_database(told):
    _, words = told
    with connection.cursor() as cursor:
        for table in (
            "coaching_message",
            "handovers_handover",
            "coaching_note",
            "coaching_draft",
            "coaching_callback",
            "foundation_outbound",
            "channels_inbound",
        ):
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows = "\n".join(row for (row,) in cursor.fetchall())
            assert not [word for word in words if word in rows], table


def test_a_copy_holds_everything(told):
    conversation, words = told
    kept = json.dumps(requests.export(journey=conversation.journey), ensure_ascii=False)
    # What waits at the door is not in the conversation yet: it will be, or will be erased with it.
    at_the_door = ("canari-expediteur", "canari-objet", "canari-lettre")
    assert [word for word in words if word not in kept and not word.startswith(at_the_door)] == []
    assert any(read["action"] == "read" for read in json.loads(kept)["qui a lu"])


def test_erasing_leaves_no_word_anywhere(told, write, now):
    conversation, words = told
    other = write(body="Quelqu’un d’autre").conversation
    assert [word for word in words if word not in everywhere()] == [], "each canary is somewhere before"
    Outbound.objects.create(
        channel="email", key="x", payload={"text": words[0]}, not_before=now, created_at=now, about=conversation.pk
    )
    Outbound.objects.filter(key__startswith="handover:").update(state=Outbound.State.SENT)
    requests.erase(journey=conversation.journey, now=now)
    left = everywhere()
    assert [word for word in words if word in left] == []
    assert Message.objects.filter(conversation=other).get().body == "Quelqu’un d’autre"
    assert EventRecord.objects.filter(subject=conversation.pk, name="conversation.erased").count() == 1
    letter = Outbound.objects.get(key__startswith="erased:")
    assert letter.payload["to"] == "accueil@exemple.invalid" and "article 51" in letter.payload["text"]


APART = {
    "DangerFile": "kept for as long as the law wants: test_a_danger_file_stays_apart",
    "DangerEntry": "with its file",
    "HouseSecret": "of the installation",
    "ChannelAccount": "keys of an organisation at its provider",
    "VideoPattern": "of an organisation",
    "BusyFeed": "the agenda of somebody who works here",
    "BroughtTable": "structures and touches that a team brings, sealed for the hours they are worked on: nobody who writes",
}
"""Sealed columns that stay when a person erases everything, each with its reason."""


def test_no_sealed_column_keeps_a_word_of_whoever_erased_everything(told, now):
    conversation, _ = told
    Outbound.objects.create(channel="email", key="x", payload={}, not_before=now, created_at=now, about=conversation.pk)
    canary = Canaries()
    for model in apps.get_models():
        sealed = [field for field in model._meta.local_fields if isinstance(field, SealedTextField)]
        if not sealed or model.__name__ in APART:
            continue
        rows = model.objects.filter(about=conversation.pk) if model is Outbound else model.objects.all()
        assert rows.exists(), f"{model.__name__} holds words of a person: leave one of its rows in `told`"
        for field in sealed:
            word = canary(f"{model.__name__}-{field.name}")
            rows.update(
                **{
                    field.name: word.encode()
                    if isinstance(field, SealedBytesField)
                    else [word]
                    if isinstance(field, SealedJSONField)
                    else word
                }
            )
    assert [word for word in canary.words if word not in everywhere()] == [], "each is somewhere before"
    requests.erase(journey=conversation.journey, now=now)
    left = everywhere()
    assert [word for word in canary.words if word in left] == []


def test_what_stays_is_said_before_everything_is_erased(client, write, settings):
    client.cookies[settings.JOURNEY_COOKIE_NAME] = write().cookie
    page = client.get("/parler/supprimer").content.decode()
    assert len(retention.left()) == 5, "a rule that keeps something more: is it said here before everything is erased?"
    assert all(words in page.replace("\u00a0", " ") for words in retention.left())


def test_a_danger_file_stays_apart(told, people, now):
    conversation, _ = told
    file = DangerFile.objects.create(
        subject_kind=CONVERSATION,
        subject_id=conversation.pk,
        organisation=conversation.line.organisation,
        level="B",
        facts="x",
        opened_by=people["mediator"],
        opened_at=now,
        second_due_at=now,
    )
    requests.erase(journey=conversation.journey, now=now)
    file.refresh_from_db()
    assert file.subject_id is None and file.facts == "x"


def test_two_presses_and_the_code_opens_nothing(client, write, settings, now):
    found = write()
    client.cookies[settings.JOURNEY_COOKIE_NAME] = found.cookie
    page = client.get("/parler/mes-donnees").content.decode()
    assert "Supprimer ma conversation" in page
    for wanted, kind in (("json", "application/json"), ("html", "text/html")):
        answer = client.get("/parler/mes-donnees", {"fichier": wanted})
        assert answer["Content-Type"].startswith(kind) and "attachment" in answer["Content-Disposition"]
    assert client.get("/parler/supprimer").status_code == 200
    assert client.post("/parler/supprimer").status_code == 200 and Journey.objects.exists(), "not without saying yes"
    answer = client.post("/parler/supprimer", {"sure": "oui"})
    assert answer["Location"] == "/parler/efface" and not Journey.objects.exists()
    assert client.get("/parler/mes-donnees")["Location"] == "/parler"


def test_after_five_years_nothing_is_left(told, now):
    later = now + 5 * 365 * DAY
    for _ in range(3):
        broom.sweep(later)
        later += 40 * DAY
    assert (
        not Conversation.objects.exists()
        and not Journey.objects.exists()
        and not Draft.objects.exists()
        and not Callback.objects.exists()
    )
    assert all(rule.ripe(later).count() == 0 for rule in retention.rules())


def test_told_thirty_days_before_and_a_word_puts_it_off(write, now):
    conversation = write(body="bonjour").conversation
    services.write(journey=conversation.journey, body="encore", key=uuid4(), now=now)
    Conversation.objects.update(
        state="closed", waiting_since=None, due_at=None, alert_at=None, escalate_at=None, oncall_at=None
    )
    almost = now + ending.ANONYMOUS - 31 * DAY
    broom.sweep(almost)
    assert Conversation.objects.get().erase_at is None
    soon = now + ending.ANONYMOUS - 29 * DAY
    broom.sweep(soon)
    held = Conversation.objects.get()
    assert held.erase_at == soon + 30 * DAY and held.updated_at == now
    assert "sera effacée" in held.messages.order_by("-seq")[0].body
    broom.sweep(soon + DAY)
    assert held.messages.filter(side="notice").count() == 1, "told once"
    services.write(journey=held.journey, body="je suis là", key=uuid4(), now=soon + 2 * DAY)
    broom.sweep(soon + 40 * DAY)
    assert Conversation.objects.get().erase_at is None


def test_a_dry_run_changes_nothing(told, now):
    before = everywhere()
    later = now + 400 * DAY
    Conversation.objects.update(erase_at=now)
    run = broom.sweep(later, dry=True)
    assert run.counts["conversations"] == {"ripe": 1, "erased": 0} and run.counts["callbacks"]["ripe"] == 1
    assert Conversation.objects.count() == 1
    RetentionRun.objects.all().delete()
    Conversation.objects.update(erase_at=None)
    assert everywhere() == before


def test_the_trace_of_reads_leaves_after_three_years_and_only_so(people, now):
    for years in (0, 2, 4):
        AccessRecord.objects.create(
            at=now - years * 366 * DAY, user=people["mediator"], action="read", kind="x", subject=str(years)
        )
    broom.sweep(now)
    assert sorted(AccessRecord.objects.filter(kind="x").values_list("subject", flat=True)) == ["0", "2"]
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_access")


def test_every_model_has_its_time():
    ours = {model for model in apps.get_models() if model.__module__.startswith("relais.")}
    named = {
        model
        for one in (*retention.rules(), *retention.stays())
        for model in one.models
        if model.__module__.startswith("relais.")
    }
    assert ours == named, "a rule, goes_with or kept in its retention.py"


def test_keys_turn_without_stopping(told, settings, now):
    conversation, _ = told
    first = conversation.messages.get(seq=1).body
    old = settings.SEALING_KEYS
    settings.SEALING_KEYS = ["n" * 60, *old]
    out = StringIO()
    call_command("reseal", stdout=out)
    assert re.search(r"coaching_message\.body: \d+ texts", out.getvalue())
    settings.SEALING_KEYS = ["n" * 60]
    assert conversation.messages.get(seq=1).body == first
    assert Outbound.objects.exclude(payload="").first().payload


def test_the_report_is_for_those_who_answer_for_it(people, client_for, now):
    broom.sweep(now)
    page = client_for(people["supervisor"]).get("/pro/conservation/").content.decode()
    assert all(rule.what in page for rule in retention.rules())


def test_what_could_not_be_erased_is_told_to_who_runs_the_site(told, people, client_for, now, monkeypatch):
    drafts = registry["drafts"]

    def fails(rows, now):
        raise ValueError("no draft can be erased")

    monkeypatch.setitem(registry, "drafts", replace(drafts, does=fails))
    later = now + 61 * DAY
    run = broom.sweep(later)
    assert run.counts["drafts"] == {"ripe": 1, "erased": 0, "failed": 1} and run.counts["callbacks"] == {
        "ripe": 1,
        "erased": 1,
    }
    assert Draft.objects.exists() and not Callback.objects.exists()
    for address in ("/pro/", "/pro/conservation/"):
        assert drafts.what in client_for(people["administrator"]).get(address, follow=True).content.decode(), address
    assert "(1 en échec)" in client_for(people["supervisor"]).get("/pro/conservation/").content.decode()
    assert drafts.what not in client_for(people["mediator"]).get("/pro/", follow=True).content.decode()
    monkeypatch.setitem(registry, "drafts", drafts)
    broom.sweep(later + DAY)
    assert not Draft.objects.exists() and broom.not_erased() == []
    assert drafts.what not in client_for(people["administrator"]).get("/pro/", follow=True).content.decode(), (
        "gone once it is"
    )


@pytest.mark.django_db(transaction=True)
def test_who_writes_while_it_is_erased_is_told_that_it_is_gone(write, people, client_for, now):
    held = services.claim(conversation=write().conversation, user=people["mediator"], now=now)
    client = client_for(people["mediator"])
    address = f"/pro/conversations/{held.pk}/"
    assert client.get(address).status_code == 200
    begun = threading.Event()

    def erase():
        with transaction.atomic():
            thread.locked(held.pk)
            begun.set()
            time.sleep(0.5)  # meanwhile the note waits for the lock
            requests.erase(journey=held.journey, now=now)
        connection.close()

    erasing = threading.Thread(target=erase)
    erasing.start()
    begun.wait()
    answer = client.post(f"{address}note", {"body": "À reprendre", "key": uuid4()})
    erasing.join()
    assert answer.status_code == 404 and not Note.objects.exists()
