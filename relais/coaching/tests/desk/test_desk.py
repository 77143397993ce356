"""The tools of the desk: what is begun is kept, what is passed on arrives, and two people who write know of each other."""

from datetime import timedelta
from uuid import uuid4

import pytest

from relais.accounts.models import AccessRecord
from relais.coaching import services, thread
from relais.coaching.desk import drafts, message_search, notes, presence, transfers
from relais.coaching.models import Absence, Conversation, Draft, Mention, Message, Note, Presence, Team, Transfer
from relais.coaching.models.desk import HERE
from relais.foundation.models import EventRecord
from relais.foundation.refusals import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(write, people, now):
    """A conversation that the mediator holds."""
    conversation = write().conversation
    return services.claim(conversation=conversation, user=people["mediator"], now=now)


def path(conversation, what=""):
    return f"/pro/conversations/{conversation.pk}/{what}"


def open_page(client, conversation):
    response = client.get(path(conversation))
    assert response.status_code == 200, response.content.decode()[:300]
    return response.content.decode()


# --- drafts


def test_a_draft_is_kept_while_typed_and_comes_back_with_the_page(held, people, client_for):
    client = client_for(people["mediator"])
    open_page(client, held)
    assert client.post(path(held, "brouillon"), {"body": "Bonjour, je reg", "key": uuid4()}).status_code == 204
    assert "Bonjour, je reg" in open_page(client_for(people["mediator"]), held), "another session, after a crash"
    assert client.post(path(held, "brouillon"), {"body": " ", "key": uuid4()}).status_code == 204
    assert not Draft.objects.exists()


def test_a_draft_kept_too_late_does_not_come_back_after_the_answer(held, people, client_for):
    client, key = client_for(people["mediator"]), uuid4()
    open_page(client, held)
    client.post(path(held, "brouillon"), {"body": "Bonjour", "key": key})
    client.post(path(held, "repondre"), {"body": "Bonjour", "key": key})
    assert not Draft.objects.exists()
    client.post(path(held, "brouillon"), {"body": "Bonjour", "key": key})
    assert not Draft.objects.exists()


def test_a_draft_is_only_its_authors_and_needs_the_page(held, people, client_for, make_user):
    drafts.keep_draft(
        conversation=held, user=people["supervisor"], body="À moi seule", key=uuid4(), now=held.updated_at
    )
    assert "À moi seule" not in open_page(client_for(people["mediator"]), held)
    assert (
        client_for(people["mediator_2"]).post(path(held, "brouillon"), {"body": "x", "key": uuid4()}).status_code == 404
    )
    assert (
        client_for(make_user("mediator")).post(path(held, "brouillon"), {"body": "x", "key": uuid4()}).status_code
        == 404
    )


def test_what_was_refused_is_kept_as_a_draft_too(held, people, client_for):
    client = client_for(people["mediator_2"])
    response = client.post(path(held, "repondre"), {"body": "Ma longue réponse", "key": uuid4()})
    assert response.status_code == 422 and "Ma longue réponse" in response.content.decode()
    assert Draft.objects.get(user=people["mediator_2"]).body == "Ma longue réponse"


@pytest.mark.parametrize("body", ["é" * 50_000, "<script>alert(1)</script>", "[commune ?]"])
def test_a_draft_takes_anything_and_breaks_nothing(held, people, client_for, body):
    client = client_for(people["mediator"])
    open_page(client, held)
    assert client.post(path(held, "brouillon"), {"body": body, "key": uuid4()}).status_code == 204
    assert "<script>alert" not in open_page(client, held)
    assert client.post(path(held, "brouillon"), {"body": body, "key": "abc"}).status_code == 422


# --- answering what nobody holds


def test_answering_takes_the_conversation_in_hand(write, people, client_for):
    conversation, client = write().conversation, client_for(people["mediator"])
    assert "Prendre et répondre" in open_page(client, conversation)
    assert (
        client.post(path(conversation, "repondre"), {"body": "Bonjour", "key": uuid4(), "take": "on"}).status_code
        == 302
    )
    held = Conversation.objects.get()
    assert (held.claimed_by, held.state) == (people["mediator"], Conversation.State.ANSWERED)


def test_of_two_who_answer_at_once_one_is_sent_and_the_other_keeps_their_words(write, people, client_for):
    conversation = write().conversation
    first, second = client_for(people["mediator"]), client_for(people["mediator_2"])
    open_page(first, conversation), open_page(second, conversation)
    first.post(path(conversation, "repondre"), {"body": "De Sarah", "key": uuid4(), "take": "on"})
    response = second.post(path(conversation, "repondre"), {"body": "De Karim", "key": uuid4(), "take": "on"})
    page = response.content.decode()
    assert response.status_code == 422 and "De Karim" in page and people["mediator"].display_name in page
    assert list(Message.objects.filter(side="staff").values_list("author", flat=True)) == [people["mediator"].pk]


# --- presence


def test_two_people_on_one_conversation_know_of_each_other(write, people, client_for, now):
    conversation = write().conversation
    first, second = client_for(people["mediator"]), client_for(people["mediator_2"])
    open_page(first, conversation), open_page(second, conversation)
    first.post("/pro/conversations/presence", {"c": conversation.pk, "writing": conversation.pk})
    told = second.post("/pro/conversations/presence", {"c": conversation.pk}).json()
    assert told["beside"][str(conversation.pk)] == [{"name": people["mediator"].display_name, "writing": True}]
    assert "est en train d’écrire ici" in open_page(second, conversation)
    assert f"{people['mediator'].display_name} écrit" in second.get("/pro/conversations/").content.decode()


def test_presence_ends_with_the_page(write, people, now):
    conversation = write().conversation
    for _ in range(3):
        presence.be_here(user=people["mediator"], conversation=conversation, is_writing=True, now=now)
        presence.be_here(user=people["mediator"], conversation=None, is_writing=False, now=now)
    assert Presence.objects.count() == 2
    later = now + timedelta(seconds=20)
    assert [one.is_writing for one in presence.others_here(conversation, people["mediator_2"], later)] == [False]
    assert presence.others_here(conversation, people["mediator_2"], now + HERE) == []


@pytest.mark.parametrize("c", ["", "abc", ",,,,", "x" * 5000, str(uuid4())])
def test_presence_of_nothing_is_being_in_the_inbox(people, client_for, c):
    told = client_for(people["mediator"]).post("/pro/conversations/presence", {"c": c}).json()
    assert told == {"beside": {}, "mentions": 0}
    assert Presence.objects.get().conversation is None


# --- notes


def test_a_note_tells_those_it_names(held, people, client_for, now):
    client, karim = client_for(people["mediator"]), people["mediator_2"]
    open_page(client, held)
    key = uuid4()
    for _ in range(2):
        client.post(
            path(held, "note"), {"body": f"@{karim.display_name.upper()} tu peux regarder ? @personne", "key": key}
        )
    assert Note.objects.count() == Mention.objects.count() == 1
    assert "tu peux regarder" in open_page(client, held)
    theirs = client_for(karim)
    assert "<b data-count>1</b>" in theirs.get("/pro/conversations/").content.decode()
    page = theirs.get("/pro/conversations/mentions").content.decode()
    assert held.journey.pseudonym in page and "tu peux regarder" not in page, (
        "the note is read in the conversation, which leaves a trace"
    )
    open_page(theirs, held)
    assert Mention.objects.get().seen_at
    assert AccessRecord.objects.filter(user=karim, action="read").latest("id").reason == "mentioned"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("@Karim vois", True),
        ("@karim, vois", True),
        ("voir @KARIM", True),
        ("@Karima", False),
        ("a@karim.fr", False),
        ("Karim", False),
        ("@ Karim", False),
    ],
)
def test_a_name_is_a_mention_after_its_sign(people, body, named):
    people["mediator_2"].display_name = "Karim"
    assert notes.named_in(body, [people["mediator_2"]]) == ([people["mediator_2"]] if named else [])


def test_who_may_not_see_a_conversation_is_not_told_of_it(held, people, now, make_user):
    stranger = make_user("mediator", display_name="Zoé")
    note = notes.add_note(conversation=held, author=people["mediator"], body="@Zoé @Inès", key=uuid4(), now=now)
    assert not note.mentions.exists() and stranger


def test_an_empty_note_is_refused_where_it_was_typed(held, people, client_for):
    client = client_for(people["mediator"])
    open_page(client, held)
    response = client.post(path(held, "note"), {"body": "", "key": uuid4()})
    assert response.status_code == 422 and "Écrivez votre note" in response.content.decode()


# --- passing on


def test_a_conversation_passes_to_a_colleague_with_its_reason_and_its_deadline(held, people, client_for):
    client, karim = client_for(people["mediator"]), people["mediator_2"]
    open_page(client, held)
    response = client.post(path(held, "passer"), {"to": f"person:{karim.pk}", "reason": "Tu connais la petite enfance"})
    assert response.status_code == 302
    after, row = Conversation.objects.get(), Transfer.objects.get()
    assert (after.claimed_by, after.due_at) == (karim, held.due_at)
    assert (row.giver, row.receiver, row.by, row.reason) == (
        people["mediator"],
        karim,
        people["mediator"],
        "Tu connais la petite enfance",
    )
    assert EventRecord.objects.filter(name="conversation.transferred", subject=held.pk).count() == 1
    page = client_for(karim).get("/pro/conversations/?voir=miennes").content.decode()
    assert f"passée par {people['mediator'].display_name}" in page
    assert "Tu connais la petite enfance" in open_page(client_for(karim), held)


def test_a_conversation_passes_to_a_team_and_anybody_may_take_it(held, people, now):
    team = Team.objects.create(organisation=held.line.organisation, name="Enfance")
    transfers.transfer(conversation=held, by=people["mediator"], receiver=None, team=team, reason="", now=now)
    after = Conversation.objects.get()
    assert (after.claimed_by, after.team) == (None, team)
    assert services.claim(conversation=after, user=people["supervisor"], now=now).claimed_by == people["supervisor"]


def test_only_who_holds_it_or_a_supervisor_passes_a_conversation(held, people, now):
    with pytest.raises(NotAllowed):
        transfers.transfer(
            conversation=held, by=people["mediator_2"], receiver=people["mediator_2"], team=None, reason="x", now=now
        )
    transfers.transfer(
        conversation=held, by=people["supervisor"], receiver=people["mediator_2"], team=None, reason="x", now=now
    )
    assert Conversation.objects.get().claimed_by == people["mediator_2"]


def test_nobody_receives_what_they_may_not_see(held, people, now, make_user):
    stranger = make_user("mediator")
    closed = make_user("mediator", organisation=held.line.organisation, is_active=False)
    for receiver in (stranger, closed, people["funder"]):
        with pytest.raises(transfers.CannotReceive):
            transfers.transfer(
                conversation=held, by=people["mediator"], receiver=receiver, team=None, reason="x", now=now
            )
    assert Conversation.objects.get().claimed_by == people["mediator"] and not Transfer.objects.exists()


@pytest.mark.parametrize(
    "to", ["", "person:", "person:abc", "team:999", "'; DROP", "person:00000000-0000-0000-0000-000000000000"]
)
def test_a_receiver_out_of_the_list_is_a_sentence(held, people, client_for, to):
    client = client_for(people["mediator"])
    open_page(client, held)
    response = client.post(path(held, "passer"), {"to": to, "reason": "x"})
    assert response.status_code == 422 and "errors" in response.content.decode()


# --- absences


def test_on_the_first_day_of_an_absence_everything_held_goes_to_the_substitute(write, people, now):
    sarah, karim = people["mediator"], people["mediator_2"]
    for _ in range(3):
        services.claim(conversation=write(key=uuid4()).conversation, user=sarah, now=now)
    day = transfers.today(sarah, now)
    transfers.declare_absence(
        user=sarah, first=day + timedelta(days=1), last=day + timedelta(days=3), substitute=karim, by=sarah, now=now
    )
    assert transfers.move_due(now) == 0
    tomorrow = now + timedelta(days=1)
    assert (transfers.move_due(tomorrow), transfers.move_due(tomorrow)) == (3, 0)
    assert set(Conversation.objects.values_list("claimed_by", flat=True)) == {karim.pk}
    assert [one.reason for one in Transfer.objects.filter(giver=sarah, receiver=karim)] == 3 * ["absence"]
    with pytest.raises(transfers.CannotReceive, match="absence"):
        transfers.transfer(
            conversation=Conversation.objects.first(), by=karim, receiver=sarah, team=None, reason="x", now=tomorrow
        )


def test_without_a_substitute_or_with_one_away_too_the_team_gets_it(write, people, now):
    sarah, karim = people["mediator"], people["mediator_2"]
    day = transfers.today(sarah, now)
    services.claim(conversation=write().conversation, user=sarah, now=now)
    services.claim(conversation=write(key=uuid4()).conversation, user=karim, now=now)
    transfers.declare_absence(user=sarah, first=day, last=day, substitute=karim, by=sarah, now=now)
    transfers.declare_absence(user=karim, first=day, last=day, substitute=None, by=karim, now=now)
    assert transfers.move_due(now) == 2
    assert not Conversation.objects.exclude(claimed_by=None).exists(), "nobody is left holding"


def test_stopped_in_the_middle_an_absence_goes_on_where_it_was(write, people, now, monkeypatch):
    sarah = people["mediator"]
    for _ in range(3):
        services.claim(conversation=write(key=uuid4()).conversation, user=sarah, now=now)
    day, told, tell = transfers.today(sarah, now), [], thread.notify_pages
    transfers.declare_absence(user=sarah, first=day, last=day, substitute=None, by=sarah, now=now)

    def breaks(held):
        told.append(held)
        if len(told) == 2:
            raise SystemExit("the worker was stopped")
        tell(held)

    monkeypatch.setattr(thread, "notify_pages", breaks)
    with pytest.raises(SystemExit):
        transfers.move_due(now)
    assert Absence.objects.get().moved_at is None and Conversation.objects.filter(claimed_by=sarah).count() == 2
    assert transfers.move_due(now) == 2 and Transfer.objects.count() == 3


def test_one_that_cannot_be_passed_on_holds_back_no_other_and_is_tried_again(
    write, people, now, monkeypatch, client_for
):
    sarah, tell = people["mediator"], thread.notify_pages
    held = [services.claim(conversation=write(key=uuid4()).conversation, user=sarah, now=now) for _ in range(3)]
    day = transfers.today(sarah, now)
    transfers.declare_absence(user=sarah, first=day, last=day, substitute=None, by=sarah, now=now)

    def breaks(one):
        if one.pk == held[1].pk:
            raise RuntimeError("not this one")
        tell(one)

    monkeypatch.setattr(thread, "notify_pages", breaks)
    assert transfers.move_due(now) == 2
    assert Absence.objects.get().moved_at is None and Conversation.objects.get(claimed_by=sarah).pk == held[1].pk
    page = client_for(people["supervisor"]).post(f"/pro/ligne/charge/{sarah.pk}", {"to": "team:", "reason": "absence"})
    assert page.status_code == 409 and "n’ont pas pu être passées" in page.content.decode()
    monkeypatch.setattr(thread, "notify_pages", tell)
    assert transfers.move_due(now) == 1 and Absence.objects.get().moved_at == now


def test_what_a_closed_account_held_goes_back_to_the_team(held, people, now):
    people["mediator"].is_active = False
    people["mediator"].save()
    assert (transfers.move_due(now), transfers.move_due(now)) == (1, 0)
    assert Conversation.objects.get().claimed_by is None


def test_absences_are_declared_for_oneself_and_by_supervisors_for_others(held, people, client_for, now):
    day = transfers.today(people["mediator"], now).isoformat()
    fields = {"user": people["mediator_2"].pk, "first": day, "last": day, "substitute": ""}
    assert client_for(people["mediator"]).post("/pro/absences/", fields).status_code == 422
    supervisor = client_for(people["supervisor"])
    assert supervisor.post("/pro/absences/", fields).status_code == 302
    assert supervisor.post("/pro/absences/", fields | {"last": "2020-01-01"}).status_code == 422
    assert supervisor.post("/pro/absences/", fields | {"substitute": people["mediator_2"].pk}).status_code == 422
    absence = Absence.objects.get()
    assert client_for(people["mediator"]).post(f"/pro/absences/{absence.pk}/retirer").status_code == 404
    assert client_for(people["mediator_2"]).post(f"/pro/absences/{absence.pk}/retirer").status_code == 302
    assert not Absence.objects.exists()


# --- beside each other


def test_three_conversations_beside_each_other(write, people, client_for, now, django_assert_max_num_queries):
    conversations = [write(key=uuid4(), body=f"Message {n}").conversation for n in range(3)]
    client = client_for(people["mediator"])
    address = "/pro/conversations/cote-a-cote?" + "&".join(f"c={one.pk}" for one in conversations)
    client.get(address)
    with django_assert_max_num_queries(67):
        page = client.get(address).content.decode()
    assert all(f"Message {n}" in page for n in range(3))
    assert AccessRecord.objects.filter(user=people["mediator"], action="read").values("subject").distinct().count() == 3


def test_answering_beside_comes_back_beside(write, people, client_for, now):
    first, second = write().conversation, write(key=uuid4()).conversation
    client = client_for(people["mediator"])
    client.get(f"/pro/conversations/cote-a-cote?c={first.pk}&c={second.pk}")
    fields = {"body": "Bonjour", "key": uuid4(), "take": "on", "beside": f"{first.pk},{second.pk}"}
    assert (
        client.post(path(first, "repondre"), fields).url == f"/pro/conversations/cote-a-cote?c={first.pk}&c={second.pk}"
    )


def test_a_strange_column_is_not_found_and_odd_ones_are_left_out(held, people, client_for):
    client = client_for(people["mediator"])
    assert client.get(f"/pro/conversations/cote-a-cote?c={held.pk}&c={uuid4()}").status_code == 404
    assert client.get(f"/pro/conversations/cote-a-cote?c=abc&c={held.pk}&c={held.pk}").status_code == 200
    assert client.get("/pro/conversations/cote-a-cote").status_code == 200


def test_columns_go_through_the_same_door_as_the_page(held, people, client_for):
    page = client_for(people["mediator_2"]).get(f"/pro/conversations/cote-a-cote?c={held.pk}").content.decode()
    assert (
        "Pourquoi ouvrir ce dossier" in page
        and not AccessRecord.objects.filter(user=people["mediator_2"], action="read").exists()
    )


# --- search


def test_one_searches_in_ones_own_conversations_without_accents(held, write, people, now):
    services.reply(
        conversation=held,
        user=people["mediator"],
        body="L’internat de la CRÈCHE ouvre en septembre",
        key=uuid4(),
        now=now,
    )
    write(body="Une autre crèche, à personne", key=uuid4())
    found = message_search.search(user=people["mediator"], words="creche L'INTERNAT", now=now)
    assert [hit.conversation.pk for hit in found.hits] == [held.pk] and found.is_whole and found.messages == 2
    assert "internat" in found.hits[0].excerpt
    assert message_search.search(user=people["mediator_2"], words="creche", now=now).hits == []
    assert AccessRecord.objects.filter(action="search").count() == 2


def test_an_excerpt_is_cut_out_of_what_was_said(held, people, client_for, now):
    services.reply(
        conversation=held,
        user=people["mediator"],
        body="Bonjour. " * 20 + "Le stage en crèche. " + "Voilà. " * 20,
        key=uuid4(),
        now=now,
    )
    client = client_for(people["mediator"])
    open_page(client, held)
    page = client.post("/pro/conversations/chercher", {"words": "CRECHE"}).content.decode()
    assert "stage en crèche" in page and "1 message" in page


def test_a_search_that_would_be_too_long_stops_and_says_so(held, people, client_for, now, monkeypatch):
    monkeypatch.setattr(message_search, "MESSAGES", 1)
    services.reply(conversation=held, user=people["mediator"], body="Bonjour", key=uuid4(), now=now)
    found = message_search.search(user=people["mediator"], words="rien", now=now)
    assert (found.messages, found.is_whole) == (1, False)


@pytest.mark.parametrize("words", ["", " ", "x" * 101])
def test_odd_words_are_a_sentence(people, line, client_for, words):
    assert client_for(people["mediator"]).post("/pro/conversations/chercher", {"words": words}).status_code == 422


@pytest.mark.parametrize("text", ["ﬁﬁﬁﬁ la crèche", "œuvre de crèche", "crèche", "x" * 500 + "crèche" + "y" * 500])
def test_an_excerpt_is_cut_around_the_word(text):
    assert "crèche" in message_search.excerpt(text, "creche") and len(message_search.excerpt(text, "creche")) < 140
