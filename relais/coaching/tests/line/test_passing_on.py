"""Passed on by hand from one line to another; lists and letters of each team."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from uuid import uuid4

import pytest
from django.db import connection, transaction

from relais.accounts.models import AccessRecord, User
from relais.coaching import services, thread
from relais.coaching.desk import drafts, notes, presence
from relais.coaching.guide import triage
from relais.coaching.line import clock, directory, opening, rerouting, routing
from relais.coaching.live import DeskFeed
from relais.coaching.models import Conversation, Draft, Line, Presence, Transfer
from relais.coaching.rights import requests
from relais.coaching.thread import promise, selectors
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed
from relais.foundation.subjects import subject_of
from relais.safeguarding import danger

from .moments import again, minutes

pytestmark = pytest.mark.django_db


# --- by hand


def test_a_mediator_passes_it_and_only_the_other_team_reads_it(
    line, loiret, write, holds, people, theirs, client_for, now
):
    conversation = write("Bonjour").conversation
    holds(conversation)
    here, other = client_for(people["mediator"]), client_for(theirs["mediator"])
    here.get(f"/pro/conversations/{conversation.pk}/")
    drafts.keep_draft(conversation=conversation, user=people["mediator"], body="Je", key=uuid4(), now=now)
    presence.be_here(user=people["mediator"], conversation=conversation, is_writing=True, now=now)
    assert other.get(f"/pro/conversations/{conversation.pk}/").status_code == 404
    assert "autre-ligne" in here.get(f"/pro/conversations/{conversation.pk}/passer").text
    answer = here.post(
        f"/pro/conversations/{conversation.pk}/autre-ligne", {"line": loiret.pk, "reason": "habite le Loiret"}
    )
    assert answer.status_code == 302
    held = again(conversation)
    assert (held.line, held.claimed_by, held.state) == (loiret, None, "waiting")
    for page in ("", "autre-ligne", "passer", "suite"):
        assert here.get(f"/pro/conversations/{conversation.pk}/{page}").status_code == 404
    assert "Colibri" not in here.get("/pro/conversations/").text and "Colibri" in other.get("/pro/conversations/").text
    page = other.get(f"/pro/conversations/{conversation.pk}/").text
    assert "habite le Loiret" in page and "Ligne du Loiret" in page
    assert (
        not Draft.objects.exists()
        and not Presence.objects.filter(user=people["mediator"], conversation=conversation).exists()
    )
    assert AccessRecord.objects.filter(action="pass-on", subject=str(conversation.pk), user=people["mediator"]).exists()
    told = held.messages.filter(side="notice").last().body
    assert "Ligne du Loiret" in told and "habite" not in told, "the reason is between the two teams"


def test_who_was_answered_waits_again_from_now(line, loiret, write, holds, people, now):
    conversation = write("Bonjour").conversation
    holds(conversation)
    services.reply(conversation=conversation, user=people["mediator"], body="Oui", key=uuid4(), now=now + minutes(5))
    rerouting.pass_on(
        conversation=conversation, line=loiret, user=people["mediator"], reason="ailleurs", now=now + minutes(10)
    )
    held = again(conversation)
    assert held.state == "waiting" and held.waiting_since == now + minutes(10) and held.due_at == now + minutes(100)
    assert [row.data["line"] for row in EventRecord.objects.filter(name="wait.started").order_by("id")] == [
        line.pk,
        loiret.pk,
    ]


def test_who_waits_is_never_promised_later_by_hand_either(line, loiret, write, holds, people, now):
    conversation = write("Bonjour").conversation
    holds(conversation)
    rerouting.pass_on(
        conversation=conversation, line=loiret, user=people["mediator"], reason="ailleurs", now=now + minutes(20)
    )
    assert again(conversation).due_at == now + minutes(30)


def test_who_may_not_pass_it(line, loiret, write, holds, people, theirs, make_user, now):
    conversation = write("Bonjour").conversation
    holds(conversation)
    volunteer = make_user("volunteer", organisation=line.organisation)
    for user in (people["mediator_2"], theirs["supervisor"], volunteer):
        with pytest.raises(NotAllowed):
            rerouting.pass_on(conversation=conversation, line=loiret, user=user, reason="non", now=now)
    Conversation.objects.filter(pk=conversation.pk).update(claimed_by=volunteer)
    with pytest.raises(NotAllowed):
        rerouting.pass_on(conversation=conversation, line=loiret, user=volunteer, reason="non", now=now)
    with pytest.raises(rerouting.NotPossible):
        rerouting.pass_on(conversation=conversation, line=line, user=people["supervisor"], reason="ici", now=now)
    assert again(conversation).line == line


def test_an_alarm_is_read_first(line, loiret, write, people, client_for, now):
    conversation = write("Je vais me tuer").conversation
    with pytest.raises(rerouting.NotPossible, match="alerte"):
        rerouting.pass_on(conversation=conversation, line=loiret, user=people["supervisor"], reason="ailleurs", now=now)


def test_an_open_page_of_the_team_before_receives_nothing_more(line, loiret, write, holds, people, client_for, now):
    conversation, desk = write("Bonjour").conversation, DeskFeed()
    holds(conversation)
    page = client_for(people["mediator"])
    page.get(f"/pro/conversations/{conversation.pk}/")
    right = desk.authorise({name: one.value for name, one in page.cookies.items()}, str(conversation.pk))
    assert right and desk.still({right}) == {right}
    rerouting.pass_on(conversation=conversation, line=loiret, user=people["mediator"], reason="ailleurs", now=now)
    assert desk.still({right}) == set()


def test_all_that_was_passed_is_in_the_export_and_goes_with_the_rest(line, loiret, commune, write, now):
    conversation = write("Bonjour").conversation
    triage.describe(conversation=conversation, said={"commune": commune, "employment": "no-job"}, by="young", now=now)
    told = requests.export(journey=again(conversation).journey)
    assert told["conversation"]["ligne"] == "Ligne du Loiret" and told["conversation"]["employment"] == "no-job"
    (passed,) = told["passages"]
    assert (passed["de"], passed["à"]) == ("Ligne", "Ligne du Loiret")
    requests.erase(journey=again(conversation).journey, now=now)
    assert not Conversation.objects.exists() and not Transfer.objects.exists()


# --- lists and letters of each


def test_each_team_sees_its_own_and_is_alerted_of_its_own(
    line, loiret, commune, write, people, theirs, client_for, now
):
    here, away = write("Bonjour").conversation, write("Bonsoir", on=loiret).conversation
    for user, own, other in ((people["supervisor"], here, away), (theirs["supervisor"], away, here)):
        page = client_for(user)
        shown = page.get("/pro/conversations/").text + page.get("/pro/ligne/").text
        assert str(own.pk) in shown and str(other.pk) not in shown
        assert page.get(f"/pro/conversations/{other.pk}/").status_code == 404
        assert page.get(f"/pro/ligne/{other.line_id}/reglages").status_code == 404
        assert (
            page.post(f"/pro/ligne/{other.line_id}/ouverture", {"state": "closed", "minutes": "60"}).status_code == 404
        )
    promise.tick(now + minutes(75))
    owners = {row.about: row.owner for row in Outbound.objects.filter(key__startswith="escalation:")}
    assert owners == {here.pk: line.organisation_id, away.pk: loiret.organisation_id}


def test_what_is_usual_is_of_the_line_that_would_answer(line, loiret, write, people, theirs, now):
    for _ in range(selectors.ENOUGH):
        opened = write("Bonjour", on=loiret, at=now - minutes(60)).conversation
        services.claim(conversation=opened, user=theirs["mediator"], now=now)
        services.reply(conversation=opened, user=theirs["mediator"], body="Oui", key=uuid4(), now=now - minutes(40))
    assert selectors.usual_wait(loiret, now) == 1200 and selectors.usual_wait(line, now) is None


def test_who_writes_on_the_site_of_an_organisation_gets_its_line_and_keeps_it(people, loiret, line, now):
    """Nothing said: the site they chose decides, and what they say later moves them only when it speaks against that line."""
    from django.test import Client

    from relais.accounts.models import Site
    from relais.foundation import sites

    Site.objects.create(
        host="loiret.exemple.invalid", organisation=loiret.organisation, is_default=True, name="Parcours Loiret"
    )
    Site.objects.create(host="national.exemple.invalid", organisation=line.organisation)
    sites.refresh()
    for host, wanted in (("loiret.exemple.invalid", loiret), ("national.exemple.invalid", line)):
        browser = Client(headers={"host": host})
        browser.post("/parler", {"body": f"Bonjour {host}", "pseudonym": "Colibri 12", "key": str(uuid4())})
        held = Conversation.objects.latest("opened_at")
        assert held.line == wanted, host
        triage.describe(conversation=held, said={"age_band": "18-25"}, by="young", now=now)
        held.refresh_from_db()
        assert held.line == wanted, "an age says nothing against it"
    sites.refresh()


def test_a_line_whose_organisation_has_nobody_left_gets_nobody(line, loiret, commune, write, now):
    User.objects.filter(memberships__organisation=loiret.organisation).update(is_active=False)
    assert directory.line_for(routing.case(commune)) == line
    held = write("Bonjour").conversation
    triage.describe(conversation=held, said={"commune": commune}, by="young", now=now)
    assert again(held).line == line


def test_notes_of_a_team_go_nowhere_by_themselves(line, loiret, commune, write, people, now):
    held = write("Bonjour").conversation
    notes.add_note(conversation=held, author=people["mediator"], body="Entre nous", key=uuid4(), now=now)
    triage.describe(conversation=held, said={"commune": commune}, by="young", now=now)
    assert again(held).line == line


def test_a_broken_wait_goes_only_to_who_is_there(line, loiret, commune, write, now):
    held = write("Bonjour").conversation
    clock.turn(now + minutes(31))
    loiret.windows.all().delete()
    triage.describe(conversation=held, said={"commune": commune}, by="young", now=now + minutes(32))
    assert again(held).line == line


def test_the_line_that_got_the_rest_before_may_still_change_its_hours(line, loiret, people, now):
    Line.objects.filter(pk=line.pk).update(is_fallback=False)
    Line.objects.filter(pk=loiret.pk).update(is_fallback=True)
    former = Line.objects.get(pk=line.pk)
    opening.keep(line=former, user=people["supervisor"], week=opening.week_of(former), now=now)


def test_who_had_the_page_open_takes_nothing_from_the_line_that_has_it_now(line, loiret, write, people, now):
    """The right was asked before the lock: it is asked again after."""
    held = write("Bonjour").conversation
    rerouting._go(thread.locked(held.pk), loiret, by=None, reason="", now=now)
    colleague, mediator = people["supervisor"], people["mediator"]
    for act in (
        lambda: services.claim(conversation=held, user=mediator, now=now),
        lambda: services.release(conversation=held, user=mediator, now=now),
        lambda: notes.add_note(conversation=held, author=mediator, body="?", key=uuid4(), now=now),
        lambda: drafts.keep_draft(conversation=held, user=mediator, body="?", key=uuid4(), now=now),
        lambda: danger.open_file(
            subject=subject_of(held), user=mediator, level="C", facts="?", second_reader=colleague, now=now
        ),
    ):
        with pytest.raises(thread.Elsewhere):
            act()


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_the_conversation_changes_line_is_kept(line, loiret, commune, write, now):
    held, moved, go = write("Bonjour").conversation, threading.Event(), threading.Event()

    def move():
        try:
            with transaction.atomic():
                triage.describe(conversation=held, said={"commune": commune}, by="young", now=now)
                moved.set()
                go.wait(60)
        finally:
            connection.close()

    def say():
        try:
            services.write(journey=held.journey, body="Et encore ceci", key=uuid4(), now=now)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        moving = threads.submit(move)
        assert moved.wait(60)
        saying = threads.submit(say)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        for _ in range(600):
            with connection.cursor() as cursor:
                cursor.execute(waits)
                if cursor.fetchone()[0]:
                    break
            sleep(0.1)
        go.set()
        moving.result(60)
        saying.result(60)
    assert again(held).line == loiret and "Et encore ceci" in [one.body for one in held.messages.all()]
