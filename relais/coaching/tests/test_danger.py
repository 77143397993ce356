"""Danger files opened from a conversation: who may, what each page shows, what becomes of them when the conversation is erased."""

import re

import pytest
from django.utils import timezone

from relais.accounts.models import AccessRecord
from relais.coaching.models import Conversation
from relais.coaching.rights import requests
from relais.foundation.models import Outbound
from relais.foundation.subjects import subject_of
from relais.safeguarding import danger
from relais.safeguarding.models import DangerEntry, DangerFile

pytestmark = pytest.mark.django_db
State = DangerFile.State
FACTS = "Elle écrit : « il m’a encore tapée hier »."


@pytest.fixture
def made(write, people, now):
    """made() → a file opened by the mediator, to be read by the second one."""

    def go():
        said = {"level": "B", "facts": FACTS, "second_reader": people["mediator_2"]}
        return danger.open_file(subject=subject_of(write().conversation), user=people["mediator"], now=now, **said)

    return go


def test_erasing_the_conversation_leaves_the_file_to_its_people(made, people, now):
    file = made()
    requests.erase(journey=Conversation.objects.get(pk=file.subject_id).journey, now=now)
    for name in ("mediator", "mediator_2", "supervisor"):
        assert DangerFile.objects.visible_to(people[name]).filter(pk=file.pk).exists()


# --- pages


def test_who_opens_it_and_who_does_not(made, people, make_user, client_for):
    """Opener, second reader, supervisors; not another mediator of the same team, not a volunteer, not an administrator."""
    file = made()
    other = make_user("mediator", organisation=file.organisation)
    doors = [people[name] for name in ("mediator", "mediator_2", "supervisor", "volunteer", "administrator")] + [
        other,
        make_user("supervisor"),
    ]
    pages = ["", "information-preoccupante"]
    found = [[client_for(user).get(f"/pro/danger/{file.pk}/{page}").status_code for page in pages] for user in doors]
    assert found == [[200, 302], [200, 302], [200, 302], [404, 404], [404, 404], [404, 404], [404, 404]]
    assert client_for(other).get("/pro/danger/").content.decode().count(str(file.pk)) == 0


def test_a_reason_is_said_and_each_reading_leaves_a_trace(made, people, client_for):
    file = made()
    desk, address = client_for(people["supervisor"]), f"/pro/danger/{file.pk}/"
    assert "tapée" not in desk.get(address).content.decode()
    assert desk.get(f"{address}information-preoccupante").status_code == 302
    assert desk.post(f"{address}ajouter", {"text": "x"}).status_code == 302 and DangerEntry.objects.count() == 1
    assert desk.post(f"{address}raison", {"reason": "…"}).status_code == 422
    assert not AccessRecord.objects.filter(kind="dangerfile").exists()
    desk.post(f"{address}raison", {"reason": "review"})
    for _ in range(2):
        assert "tapée" in desk.get(address).content.decode()
    assert "tapée" in desk.get(f"{address}information-preoccupante").content.decode()
    traces = AccessRecord.objects.filter(kind="dangerfile", subject=str(file.pk), user=people["supervisor"]).order_by(
        "pk"
    )
    assert [trace.reason for trace in traces] == ["review", "review", "report:review"]


@pytest.mark.parametrize("age", ["under-15", "", "15-17"])
def test_the_whole_way_by_the_pages(write, people, client_for, age):
    """At thirteen as at any age, said or not: danger asks for nobody's agreement."""
    conversation = write(body="mon beau-père me frappe", age=age).conversation
    opener, reader, boss = (client_for(people[name]) for name in ("mediator", "mediator_2", "supervisor"))
    desk = f"/pro/conversations/{conversation.pk}/"
    assert opener.get(f"{desk}danger").status_code == 404, "not before its page was opened"
    opener.get(desk)
    assert "L226-2-1" in opener.get(f"{desk}danger").content.decode()
    key = re.search(r'name="key" value="([0-9a-f-]{36})"', opener.get(f"{desk}danger").content.decode())[1]
    said = {"key": key, "level": "B", "facts": FACTS, "second_reader": people["mediator_2"].pk}
    address, again = (opener.post(f"{desk}danger", said)["Location"] for _ in range(2))
    assert address == again and DangerFile.objects.count() == 1, "pressed twice, it is one file"
    assert re.fullmatch(r"/pro/danger/[0-9a-f-]{36}/", address) and "tapée" in opener.get(address).content.decode()
    assert "quelqu’un d’autre" in opener.post(f"{address}relire", {"level": "B", "opinion": "moi"}).content.decode()
    for person in (reader, boss):
        person.post(f"{address}raison", {"reason": "review"})
    assert reader.post(f"{address}relire", {"level": "B", "opinion": "Je confirme."}).status_code == 302
    said = {"decision": "crip", "reasons": "Coups répétés.", "parents": "not-told", "parents_reason": ""}
    refused = reader.post(f"{address}decider", said)
    assert refused.status_code == 422 and "Coups répétés." in refused.content.decode(), "what was typed stays"
    assert reader.post(f"{address}decider", said | {"parents_reason": "L’auteur vit au foyer."}).status_code == 302
    boss.post(f"{address}clore")
    assert DangerFile.objects.get().state == State.DECIDED
    file = DangerFile.objects.get()
    when = timezone.localtime(file.opened_at).strftime("%Y-%m-%dT%H:%M")
    assert (
        boss.post(f"{address}transmis", {"sent_to": "CRIP du Loiret", "sent_at": when, "receipt": "n° 12"}).status_code
        == 302
    )
    assert boss.post(f"{address}clore").status_code == 302 and DangerFile.objects.get().state == State.CLOSED
    text = boss.get(f"{address}information-preoccupante", {"format": "texte"})
    body = text.content.decode()
    assert (
        "attachment" in text["Content-Disposition"]
        and FACTS in body
        and "Coups répétés." in body
        and "Colibri 12" in body
    )
    assert not Outbound.objects.exclude(payload__isnull=True).filter(channel="email", key__contains="crip").exists()
