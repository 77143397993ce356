"""Several lines: which of them gets whom, and moves by itself."""

import re
from datetime import time
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from relais.accounts.models import Organisation
from relais.catalogue.models import Commune
from relais.coaching import services
from relais.coaching.guide import triage
from relais.coaching.line import clock, directory, opening, serving
from relais.coaching.models import Conversation, Line, OpeningWindow, Transfer
from relais.coaching.models.conversation import CONVERSATION
from relais.foundation.models import EventRecord, Outbound
from relais.foundation.refusals import NotAllowed
from relais.safeguarding.models import DangerFile

from .moments import again, minutes

pytestmark = pytest.mark.django_db


# --- the constraint


def test_the_first_line_gets_everything_and_there_is_one_such_line(line, loiret):
    assert line.is_fallback and not loiret.is_fallback
    with pytest.raises(IntegrityError), transaction.atomic():
        Line.objects.filter(pk=loiret.pk).update(is_fallback=True)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_ends_without_a_line_that_gets_the_rest(line, loiret):
    for change in (lambda: Line.objects.update(is_fallback=False), lambda: Line.objects.filter(pk=line.pk).delete()):
        with pytest.raises(IntegrityError, match="what no other one takes"):
            change()
    assert Line.objects.get(is_fallback=True) == line
    Line.objects.all().delete()


def test_who_administers_the_host_chooses_it_and_nobody_else(
    line, loiret, people, theirs, make_user, there, client_for, now
):
    own = make_user("administrator", organisation=there)
    for user in (own, theirs["supervisor"]):
        page = client_for(user)
        assert "Choisir cette ligne" not in page.get("/pro/lignes/").text
        assert page.post("/pro/lignes/", {"line": loiret.pk}).status_code == 404
        with pytest.raises(NotAllowed):
            serving.choose_fallback(line=loiret, user=user, now=now)
    host = people["administrator"]
    Organisation.objects.update(is_host=False)
    Organisation.objects.filter(pk=host.memberships.get().organisation_id).update(is_host=True)
    page = client_for(host)
    before = re.search(r'name="seen" value="(\w+)"', page.get("/pro/lignes/").text)[1]
    assert page.post("/pro/lignes/", {"line": loiret.pk, "seen": before}).status_code == 302
    assert directory.line_for() == loiret and Line.objects.filter(is_fallback=True).count() == 1
    # An old page would undo that without a word.
    answer = page.post("/pro/lignes/", {"line": line.pk, "seen": before})
    assert (
        answer.status_code == 409
        and f"maintenant «\u00a0{loiret.name}, {loiret.organisation}" in answer.text
        and directory.line_for() == loiret
    )
    # It was oneself, in another tab.
    assert (
        "Cette page a changé depuis que vous l’avez ouverte." in answer.text and "Quelqu’un d’autre" not in answer.text
    )
    again = re.search(r'name="seen" value="(\w*)"', answer.text)[1]
    assert again and again != before, "the page that came back has seen what was chosen meanwhile"
    assert (
        page.post("/pro/lignes/", {"line": line.pk, "seen": again}).status_code == 302 and directory.line_for() == line
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


# --- who gets whom


def test_a_message_goes_to_the_line_of_its_commune_and_the_page_says_so(line, loiret, commune, client):
    assert "Plusieurs équipes" in client.get("/parler").text
    typed = {"body": "Bonjour", "pseudonym": "Lou", "commune": "Montargis", "key": str(uuid4())}
    page = client.post("/parler", typed | {"voir": "1"}).text
    assert "Ligne du Loiret" in page and "Mission locale d’Essai" in page and "90 minutes" in page
    assert (
        all(f'value="{typed[name]}"' in page for name in ("pseudonym", "commune", "key"))
        and ">\nBonjour</textarea>" in page
    )
    assert not Conversation.objects.exists(), "to look is not to write"
    client.post("/parler", typed)
    held = Conversation.objects.get()
    assert held.line == loiret and (held.due_at - held.waiting_since) == minutes(90)
    assert "Ligne du Loiret" in client.get("/parler").text
    page = client.post("/parler", typed | {"body": "Encore un mot", "voir": "1", "key": str(uuid4())}).text
    assert "Bonjour" in page and "Encore un mot</textarea>" in page, (
        "what was typed waits in the box of the conversation"
    )
    assert held.messages.filter(side="young").count() == 1, "an old tab that looks writes nothing either"


def test_words_typed_before_the_last_line_went_are_given_back(line, client):
    Line.objects.all().delete()
    for more in ({}, {"voir": "1"}):
        seen = client.post("/parler", {"body": "Je suis <perdu>", "pseudonym": "Lou", "key": str(uuid4())} | more)
        assert seen.status_code == 409 and "Je suis &lt;perdu&gt;</textarea>" in seen.text
    assert client.get("/parler").status_code == 200


def test_to_see_who_answers_nothing_else_needs_to_be_right(line, loiret, commune, client):
    seen = client.post("/parler", {"body": "", "pseudonym": "x" * 31, "commune": "45200", "voir": "1"})
    assert seen.status_code == 200 and "Ligne du Loiret" in seen.text and "Écris quelque chose" not in seen.text


def test_a_place_that_cannot_be_read_is_said(line, loiret, commune, client):
    seen = client.post("/parler", {"commune": "Zzz", "voir": "1"})
    assert seen.status_code == 422 and "Nous ne savons pas quelle commune" in seen.text and line.name in seen.text


def test_with_one_line_nothing_is_said_of_lines(line, commune, client):
    assert "Voir qui me répond" not in client.get("/parler").text
    client.post("/parler", {"body": "Bonjour", "pseudonym": "Lou", "commune": "45200", "key": str(uuid4())})
    assert Conversation.objects.get().line == line and "Ici répond" not in client.get("/parler").text
    client.post("/parler/situation", {"commune": "Montargis"})
    assert Conversation.objects.get().line == line and not Transfer.objects.exists()


# --- by itself, while nobody has it


def test_who_says_later_where_they_are_is_told_who_answers_and_never_waits_longer(line, loiret, commune, write, now):
    conversation = write("Bonjour").conversation
    promised = conversation.due_at
    triage.describe(conversation=conversation, said={"commune": commune}, by="young", now=now + minutes(2))
    held = again(conversation)
    assert held.line == loiret and held.due_at == promised and held.waiting_since == now
    assert held.alert_at == promised - minutes(50) and held.escalate_at == promised - minutes(20)
    (told,) = [one.body for one in held.messages.filter(side="notice")]
    assert "Ligne du Loiret" in told and "Mission locale d’Essai" in told and "d’après l’endroit où tu es" in told
    event = EventRecord.objects.get(name="conversation.rerouted").data
    assert (event["before"], event["line"], event["why"]) == (line.pk, loiret.pk, "situation")


def test_what_was_promised_holds_when_the_hours_of_the_new_line_change(line, loiret, commune, write, theirs, now):
    conversation = write("Bonjour").conversation
    triage.describe(conversation=conversation, said={"commune": commune}, by="young", now=now)
    opening.keep(
        line=Line.objects.get(pk=loiret.pk),
        user=theirs["supervisor"],
        week=opening.week_of(loiret),
        now=now + minutes(1),
    )
    clock.turn(now + minutes(2))
    assert again(conversation).due_at == conversation.due_at
    services.claim(conversation=conversation, user=theirs["mediator"], now=now)
    services.reply(conversation=conversation, user=theirs["mediator"], body="Oui", key=uuid4(), now=now + minutes(3))
    services.write(journey=conversation.journey, body="Merci", key=uuid4(), now=now + minutes(4))
    assert again(conversation).due_at == now + minutes(94), "the next wait is promised by the line that has it"


def test_a_quicker_line_promises_sooner(line, loiret, commune, write, now):
    conversation = write("Bonjour", commune=commune, on=loiret).conversation
    triage.describe(conversation=conversation, said={"commune": None}, by="young", now=now)
    assert again(conversation).line == loiret, "what is taken back says nothing against who has them"
    bourges = Commune.objects.create(
        insee="18033",
        name="Bourges",
        departement="18",
        region="24",
        postcodes=["18000"],
        population=64000,
        latitude=47.1,
        longitude=2.4,
        key="bourges",
    )
    triage.describe(conversation=conversation, said={"commune": bourges}, by="young", now=now)
    held = again(conversation)
    assert held.line == line and held.due_at == now + minutes(30)


def test_it_stays_with_who_promised_when_the_other_line_opens_too_late(line, loiret, commune, write, now):
    loiret.windows.all().delete()
    conversation = write("Bonjour").conversation
    triage.describe(conversation=conversation, said={"commune": commune}, by="young", now=now)
    assert again(conversation).line == line
    clock.turn(now + minutes(31))
    triage.describe(conversation=conversation, said={"subject": "work"}, by="young", now=now + minutes(32))
    assert again(conversation).line == line, "nothing is left to keep, and nobody is there"
    OpeningWindow.objects.create(
        line=loiret,
        weekday=(now + minutes(33)).astimezone(loiret.hours().zone).weekday(),
        opens=time(0),
        closes=time(0),
    )
    triage.describe(conversation=conversation, said={"subject": "jobs"}, by="young", now=now + minutes(33))
    assert again(conversation).line == loiret


def test_a_broken_promise_stays_broken_and_the_new_team_is_alerted(line, loiret, commune, write, theirs, now):
    conversation = write("Bonjour").conversation
    clock.turn(now + minutes(31))
    before = again(conversation)
    triage.describe(conversation=conversation, said={"commune": commune}, by="young", now=now + minutes(32))
    held = again(conversation)
    assert held.line == loiret and held.broken_at == before.broken_at and held.apologised_at
    clock.turn(now + minutes(33))
    assert (
        again(conversation).escalated_at
        and Outbound.objects.filter(
            key__startswith="escalation:", about=conversation.pk, owner=loiret.organisation_id
        ).exists()
    )
    assert EventRecord.objects.filter(name="promise.broken").count() == 1


@pytest.mark.parametrize("why", ["claimed", "answered", "alarm", "by hand", "danger"])
def test_it_stays_where_people_have_it_in_hand(why, line, loiret, commune, write, holds, people, now):
    conversation = write("Je vais me tuer" if why == "alarm" else "Bonjour").conversation
    if why in ("claimed", "answered"):
        holds(conversation)
    if why == "answered":
        services.reply(conversation=conversation, user=people["mediator"], body="Oui", key=uuid4(), now=now)
        services.release(conversation=conversation, user=people["mediator"], now=now)
        services.write(journey=conversation.journey, body="Merci", key=uuid4(), now=now)
    if why == "by hand":
        Transfer.objects.create(
            conversation=conversation, from_line=loiret, to_line=line, by=people["supervisor"], reason="ici", at=now
        )
    if why == "danger":
        values = {
            "organisation": line.organisation,
            "opened_by": people["mediator"],
            "level": "B",
            "facts": "Des faits.",
            "opened_at": now,
            "second_due_at": now,
        }
        DangerFile.objects.create(subject_kind=CONVERSATION, subject_id=conversation.pk, **values)
    triage.describe(conversation=conversation, said={"commune": commune}, by="young", now=now)
    assert again(conversation).line == line and again(conversation).journey.commune == commune
    assert not EventRecord.objects.filter(name="conversation.rerouted").exists()


def test_the_page_of_one_s_situation_moves_it_too(line, loiret, commune, client):
    client.post("/parler", {"body": "Bonjour", "pseudonym": "Lou", "key": str(uuid4())})
    assert 'name="commune"' in client.get("/parler/situation").text
    assert client.post("/parler/situation", {"commune": "Zzz"}).status_code == 422
    client.post("/parler/situation", {"commune": "Montargis", "age_band": "18-25", "employment": "no-job"})
    held = Conversation.objects.get()
    assert (held.line, held.employment) == (loiret, "no-job")
    assert "Ligne du Loiret" in client.get("/parler").text
    assert 'value="Montargis (45)"' in client.get("/parler/situation").text


def test_of_two_namesakes_their_own_stays_when_they_change_something_else(line, commune, client):
    values = {
        "name": "Montargis",
        "departement": "45",
        "region": "24",
        "postcodes": ["45999"],
        "population": 14000,
        "latitude": 48.1,
        "longitude": 2.8,
        "key": "montargis",
    }
    other = Commune.objects.create(insee="45999", **values)
    client.post("/parler", {"body": "Bonjour", "pseudonym": "Lou", "commune": "45999", "key": str(uuid4())})
    assert client.post("/parler/situation", {"commune": "Montargis (45)", "subject": "work"}).status_code == 302
    held = Conversation.objects.get()
    assert held.journey.commune == other and held.subject == "work"


def test_a_supervisor_who_notes_where_they_are_sees_it_go(line, loiret, commune, write, people, client_for):
    conversation, page = write("Bonjour").conversation, client_for(people["supervisor"])
    page.get(f"/pro/conversations/{conversation.pk}/")
    address = f"/pro/conversations/{conversation.pk}/situation"
    assert (
        "n’est pas reconnue" in page.post(address, {"commune": "Zzz", "subject": "work"}, follow=True).text
        and again(conversation).subject == ""
    )
    services.claim(conversation=conversation, user=people["supervisor"], now=conversation.opened_at)
    assert (
        "J’ai un emploi dans le privé"
        in page.post(address, {"employment": "employed"}, follow=True).text.partition("Noter sa situation")[0]
    )
    services.release(conversation=conversation, user=people["supervisor"], now=conversation.opened_at)
    answer = page.post(address, {"commune": "Montargis", "age_band": "15-17"}, follow=True)
    assert answer.status_code == 200 and "une autre ligne" in answer.text and again(conversation).line == loiret


def test_what_is_kept_of_a_line_does_not_undo_the_choice_of_the_fallback(line, loiret, theirs, now):
    stale = Line.objects.get(pk=loiret.pk)
    Line.objects.filter(pk=line.pk).update(is_fallback=False)
    Line.objects.filter(pk=loiret.pk).update(is_fallback=True)
    opening.keep(line=stale, user=theirs["supervisor"], week=opening.week_of(stale), now=now)
    assert Line.objects.get(is_fallback=True) == loiret
