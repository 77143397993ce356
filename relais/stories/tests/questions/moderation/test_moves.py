"""Who moves a question where; what can never appear; what is kept of it."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from relais.foundation.models import EventRecord
from relais.foundation.refusals import (
    ChangedMeanwhile,
    NotAcceptable,
    WrongState,
)
from relais.stories.models import ModerationTrace, Question
from relais.stories.questions import moderation, moderation_hints
from relais.stories.tests.asking import (
    State,
    again,
    asked,
    in_state,
    online,
    secret,
    shown,
)

from .asked import CONTACTS, DISTRESS, seen_of

pytestmark = pytest.mark.django_db


def do(move, question, user, now):
    """One move, with what it needs."""
    if move == State.SHOWN:
        return moderation.show(question=question, user=user, text="Il faut un diplôme ?", pseudonym="Lynx 11", now=now)
    if move == State.PRIVATE:
        return moderation.make_private(question=question, user=user, now=now)
    service = moderation.refuse if move == State.REFUSED else moderation.hide
    return service(question=question, user=user, reason="Parce que.", now=now)


# --- the table of moves


@pytest.mark.parametrize("before", State.values)
@pytest.mark.parametrize("after", [State.SHOWN, State.REFUSED, State.PRIVATE, State.REMOVED])
def test_moves(story, moderator, people, now, before, after):
    question = in_state(before, story, moderator, now)
    traces, decided = ModerationTrace.objects.count(), EventRecord.objects.filter(name="question.decided").count()
    if after in Question.MOVES.get(before, set()):
        do(after, question, people["supervisor"], now)
        held = again(question)
        assert (held.state, held.decided_by, held.decided_at) == (after, people["supervisor"], now)
        trace = ModerationTrace.objects.latest("pk")
        assert (ModerationTrace.objects.count(), trace.by, trace.question) == (traces + 1, people["supervisor"], held)
        event = EventRecord.objects.filter(name="question.decided").latest("id")
        assert (event.subject, event.data["state"], event.data["by"]) == (
            question.pk,
            after,
            str(people["supervisor"].pk),
        )
        assert EventRecord.objects.filter(name="question.made-private", subject=question.pk).exists() == (
            after == State.PRIVATE
        )
    else:
        with pytest.raises(WrongState, match="rien n’a changé"):
            do(after, question, people["supervisor"], now)
        assert again(question).state == before and ModerationTrace.objects.count() == traces
        assert EventRecord.objects.filter(name="question.decided").count() == decided


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once(people, now):
    """One decides, the other is told who did."""
    for _ in range(4):
        question = asked(online(people, now, slug=uuid4().hex), now)
        start, told, done = threading.Barrier(2), [], []

        def decide(move, role, question=question, start=start, told=told, done=done):
            try:
                start.wait(5)
                do(move, question, people[role], now)
                done.append(move)
            except WrongState as error:
                told.append(str(error))
            finally:
                connection.close()

        both = [
            threading.Thread(target=decide, args=pair)
            for pair in ((State.REFUSED, "mediator"), (State.REFUSED, "mediator_2"))
        ]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert len(done) == 1 and len(told) == 1
        assert str(again(question).decided_by) in told[0]
        assert ModerationTrace.objects.filter(question=question).count() == 1


def test_private_before_there_is_a_line(client, people, now):
    """The offer is kept: whoever opens the answer line takes it from there."""
    question = moderation.make_private(question=asked(online(people, now), now), user=people["mediator"], now=now)
    assert "Continuer en privé" in client.get(f"/questions/{secret(question)}").text


# --- what can never appear


@pytest.mark.parametrize("body", CONTACTS)
def test_a_contact_or_a_name_never_appears(client, client_for, story, moderator, now, body):
    question = asked(story, now, f"C’est bien payé ? {body}")
    with pytest.raises(NotAcceptable, match="On y trouve encore"):
        moderation.show(question=question, user=moderator, text=question.body, pseudonym="Lynx 11", now=now)
    page = client_for(moderator).get(f"/pro/moderation/questions/{question.pk}").text
    assert "<mark" in page and "masqué" in page
    moderation.show(
        question=question, user=moderator, text=moderation_hints.masked(question.body), pseudonym="Lynx 11", now=now
    )
    public = client.get(story.get_absolute_url()).text
    assert "C’est bien payé\xa0?" in public and "masqué" in public
    for sign in ("39 98", "lola@", "lola.dub45", "Dubreuil", "Jean Moulin"):
        assert sign not in public


def test_distress_never_appears_as_it_is(story, moderator, now):
    question = asked(story, now, f"Salut, {DISTRESS}, vous prenez à quel âge ?")
    with pytest.raises(NotAcceptable, match="idées de suicide"):
        moderation.show(question=question, user=moderator, text=question.body, pseudonym="Lynx 11", now=now)
    moderation.show(question=question, user=moderator, text="Vous prenez à quel âge ?", pseudonym="Lynx 11", now=now)
    assert again(question).shown_body == "Vous prenez à quel âge ?"


def test_a_pseudonym_is_mended_too(story, moderator, now):
    question = asked(story, now, pseudonym="Loutre 12")
    with pytest.raises(NotAcceptable, match="compte de réseau"):
        moderation.show(question=question, user=moderator, text="Pourquoi ?", pseudonym="snap : lola.dub45", now=now)
    assert again(question).state == State.WAITING


def test_an_edit_is_held_to_the_same(story, moderator, people, now):
    question = shown(story, moderator, now)
    seen = seen_of(question.shown_body)
    with pytest.raises(NotAcceptable):
        moderation.edit(question=question, user=moderator, text=CONTACTS[0], seen=seen, reason="", now=now)
    moderation.edit(
        question=question, user=moderator, text="Faut-il un diplôme ?", seen=seen, reason="Orthographe.", now=now
    )
    with pytest.raises(ChangedMeanwhile):
        moderation.edit(
            question=question, user=people["supervisor"], text="Autre chose ?", seen=seen, reason="", now=now
        )
    trace = ModerationTrace.objects.get(question=question, action="edit")
    assert (trace.before, trace.after, trace.reason, trace.by) == (
        "Il faut un diplôme ?",
        "Faut-il un diplôme ?",
        "Orthographe.",
        moderator,
    )


def test_erased_by_the_team_leaves_no_word(client, story, moderator, now):
    question = shown(story, moderator, now, "Une phrase à oublier ?")
    moderation.answer(question=question, user=moderator, body="À oublier aussi.", key=uuid4(), now=now)
    moderation.delete(question=question, user=moderator, reason="Une personne est reconnaissable.", now=now)
    held = again(question)
    assert (held.state, held.body, held.shown_body, held.pseudonym) == (State.REMOVED, "", "", "")
    assert not ModerationTrace.objects.filter(question=question).exclude(before="", after="").exists()
    page = client.get(f"/questions/{secret(question)}").text
    assert "L’équipe l’a effacée" in page and "Une personne est reconnaissable." in page
    with pytest.raises(WrongState):
        moderation.delete(question=question, user=moderator, reason="Encore.", now=now)


def test_the_history_only_grows(story, moderator, now):
    shown(story, moderator, now)
    with pytest.raises(TypeError):
        ModerationTrace.objects.all().update(reason="x")
    with pytest.raises(TypeError):
        ModerationTrace.objects.all().delete()
