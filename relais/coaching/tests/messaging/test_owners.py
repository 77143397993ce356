"""A letter that did not leave and a message set aside are seen by their own organisation, and a young person's address by nobody."""

import re
from base64 import b64encode
from datetime import timedelta
from email.message import EmailMessage
from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils import timezone

from relais.accounts.models import Membership
from relais.accounts.services import invite
from relais.channels.email import reading
from relais.channels.models import Inbound
from relais.channels.services import keep, receive
from relais.coaching import lists
from relais.coaching.models import Line
from relais.foundation import outbox
from relais.foundation.masking import mask
from relais.foundation.models import Outbound
from relais.safeguarding.lists import DANGER
from relais.safeguarding.models import DangerFile

pytestmark = pytest.mark.django_db
YOUNG = "lea.martin@exemple.invalid"


@pytest.fixture
def elsewhere(make_user):
    """A supervisor of another organisation, with a line of its own."""
    user = make_user("supervisor")
    Line.objects.create(slug="ailleurs", name="Ailleurs", organisation=user.memberships.get().organisation)
    return user


@pytest.fixture
def knock(settings):
    settings.INBOUND_EMAIL_SECRET = "un secret de test assez long pour la porte"

    def post(body, sender=YOUNG, **headers):
        letter = EmailMessage()
        letter["From"], letter["Message-ID"], letter["Subject"] = sender, f"<{uuid4()}@exemple.invalid>", "Re"
        for name, value in headers.items():
            letter[name.replace("_", "-")] = value
        letter.set_content(body)
        given = b64encode(f"relais:{settings.INBOUND_EMAIL_SECRET}".encode()).decode()
        answer = Client().post(
            "/entree/email/mime",
            letter.as_bytes(),
            content_type="message/rfc822",
            headers={"authorization": f"Basic {given}"},
        )
        assert answer.status_code < 300
        reading.read_all(timezone.now())
        return Inbound.objects.latest("received_at")

    return post


def fail(key, to, organisation, now, **values):
    outbox.enqueue(
        "email", key=key, payload={"to": to, "subject": "Sujet", "text": "x"}, now=now, owner=organisation, **values
    )
    Outbound.objects.filter(key=key).update(state="failed", error=f"550 <{to}> inconnue")
    return Outbound.objects.get(key=key)


def test_a_stuck_letter_is_for_its_own_organisation(write, line, people, elsewhere, client_for, now):
    conversation = write().conversation
    letter = fail("reply:1", YOUNG, line.organisation_id, now, about=conversation.pk)
    page = client_for(people["supervisor"]).get("/pro/envois/").content.decode()
    assert "l…@exemple.invalid" in page and YOUNG not in page and f"/pro/conversations/{conversation.pk}/" in page
    stranger = client_for(elsewhere)
    page = stranger.get("/pro/envois/").content.decode()
    assert "exemple.invalid" not in page and "Tout est parti" in page
    assert stranger.post(f"/pro/envois/{letter.pk}/renvoyer").status_code == 404
    letter.refresh_from_db()
    assert letter.state == "failed"
    assert client_for(people["supervisor"]).post(f"/pro/envois/{letter.pk}/renvoyer").status_code == 302
    letter.refresh_from_db()
    assert letter.state == "waiting"


def test_those_that_are_ticked_leave_again_and_no_other(line, people, elsewhere, client_for, now):
    letters = [fail(f"reply:{n}", YOUNG, line.organisation_id, now) for n in range(3)]
    theirs = fail("reply:theirs", YOUNG, elsewhere.memberships.get().organisation_id, now)
    client = client_for(people["supervisor"])
    assert f'value="{letters[0].pk}" form="choix"' in client.get("/pro/envois/?etat=failed").text
    assert "Rien ne correspond" in client.get("/pro/envois/?par=sms").text
    ticked = [letters[0].pk, letters[1].pk, theirs.pk, "n’importe quoi", uuid4()]
    page = client.post("/pro/envois/renvoyer", {"choix": ticked}, follow=True).text
    assert "2 lettres repartent" in page
    assert [Outbound.objects.get(pk=one.pk).state for one in (*letters, theirs)] == [
        "waiting",
        "waiting",
        "failed",
        "failed",
    ]
    assert "cochez les lettres" in client.post("/pro/envois/renvoyer", follow=True).text
    assert "cochez les lettres" in client.post("/pro/envois/renvoyer", {"choix": [letters[0].pk]}, follow=True).text, (
        "it has left already"
    )


def test_the_address_of_a_colleague_is_told_and_the_installation_s_letters_are_masked(
    line, people, elsewhere, client_for, now
):
    fail("alarm:1", people["mediator"].email, line.organisation_id, now)
    fail("account:1", people["partner"].email, None, now)
    seen = {
        name: client_for(people[name]).get("/pro/envois/").content.decode() for name in ("supervisor", "administrator")
    }
    assert people["mediator"].email in seen["supervisor"] and mask(people["partner"].email) not in seen["supervisor"]
    assert mask(people["partner"].email) in seen["administrator"]
    assert not any(people["partner"].email in page for page in seen.values())


def test_an_administrator_of_another_organisation_sees_neither(line, make_user, client_for, now):
    fail("reply:1", YOUNG, line.organisation_id, now)
    fail("account:1", YOUNG, None, now)
    assert "Tout est parti" in client_for(make_user("administrator")).get("/pro/envois/").content.decode()


def test_a_message_set_aside_is_of_the_line_it_came_to(line, knock, people, elsewhere, client_for):
    row = knock("Je suis absente, la vie est dure", Auto_Submitted="auto-replied")
    assert (row.state, row.owner) == ("ignored", line.organisation_id)
    assert "la vie est dure" in client_for(people["supervisor"]).get("/pro/entrees/").content.decode()
    stranger = client_for(elsewhere)
    assert "la vie est dure" not in stranger.get("/pro/entrees/").content.decode()
    assert stranger.post(f"/pro/entrees/{row.pk}/reprendre").status_code == 404
    assert client_for(people["supervisor"]).post(f"/pro/entrees/{row.pk}/reprendre").status_code == 302


def test_before_there_is_a_line_whoever_runs_the_installation_sees_it(people, knock, elsewhere, client_for):
    """Nothing that came in is set aside where nobody looks."""
    Line.objects.all().delete()
    knock("Je suis absente, la vie est dure", Auto_Submitted="auto-replied")
    assert "la vie est dure" in client_for(people["supervisor"]).get("/pro/entrees/").content.decode()
    assert "la vie est dure" not in client_for(elsewhere).get("/pro/entrees/").content.decode()


@pytest.mark.parametrize("with_line", [True, False])
def test_what_no_program_can_read_is_seen_by_its_organisation(
    people, elsewhere, client_for, monkeypatch, now, with_line
):
    Line.objects.all().delete()
    if with_line:
        Line.objects.create(
            slug="ligne", name="Ligne", organisation=people["supervisor"].memberships.get().organisation
        )
    row = keep(channel="email", shape="brevo", raw=b"{", at=now)
    reading.read_all(now)
    row.refresh_from_db()
    assert (row.state, row.reason) == ("refused", "unreadable")
    pages = [client_for(user).get("/pro/entrees/").content.decode() for user in (people["supervisor"], elsewhere)]
    assert [Inbound.Reason.UNREADABLE.label in page for page in pages] == [True, False]
    letter = client_for(people["supervisor"]).get(f"/pro/entrees/{row.pk}/lettre")
    assert (
        letter.content == b"{"
        and letter["Content-Disposition"].startswith("attachment")
        and letter["X-Content-Type-Options"] == "nosniff"
    )
    assert client_for(elsewhere).get(f"/pro/entrees/{row.pk}/lettre").status_code == 404
    assert client_for(people["supervisor"]).post(f"/pro/entrees/{row.pk}/reprendre").status_code == 302
    row.refresh_from_db()
    assert row.state == "refused" and row.raw == b"{", "the placeholder is no message: the letter stays"


def test_what_was_written_before_is_given_its_owner(line, write, people, make_user, now):
    """The migration, on rows as they were."""
    conversation, here = write().conversation, line.organisation_id
    file = DangerFile.objects.create(
        organisation=line.organisation,
        opened_by=people["mediator"],
        level="B",
        facts="Des faits.",
        opened_at=now,
        second_due_at=now,
    )
    partner = make_user("partner")
    there = partner.memberships.get().organisation_id
    asked = invite(
        actor=people["administrator"],
        email="x@exemple.invalid",
        organisation=partner.memberships.get().organisation,
        role="partner",
        now=now,
    )
    expected = {
        "reply:1": here,
        f"escalation:{conversation.pk}:20261129:abc": here,
        f"danger-late:{file.pk}:abc": here,
        f"invitation:{asked.pk}": there,
        f"approved:{partner.pk}": there,
        f"reading-stop:{partner.pk.hex}:202611291200:abc": there,
        f"account:{partner.pk}": None,
        "autre": None,
    }
    for key in expected.keys() - {f"invitation:{asked.pk}"}:
        fail(key, YOUNG, None, now, about=conversation.pk if key == "reply:1" else None)
    receive(channel="email", provider_id="1", sender=YOUNG, body="Bonjour", at=now)
    Outbound.objects.update(owner=None)
    Inbound.objects.update(owner=None)
    with connection.schema_editor() as editor:
        # As the tables were called then.
        then = {
            "coaching_channeladdress": "coaching_dooraddress",
            "handovers_handover": "coaching_handover",
            "safeguarding_dangerfile": "coaching_dangerfile",
            "stories_contentreport": "stories_notice",
        }
        for now_named, named in then.items():
            editor.execute(f"ALTER TABLE {now_named} RENAME TO {named}")
        import_module("relais.coaching.migrations.0009_owners").give(apps, editor)
        for now_named, named in then.items():
            editor.execute(f"ALTER TABLE {named} RENAME TO {now_named}")
    assert {row.key: row.owner for row in Outbound.objects.filter(key__in=expected)} == expected
    assert Inbound.objects.get().owner == here


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("lea@exemple.fr", "l…@exemple.fr"),
        ("+33612345678", "…78"),
        ("550 <lea@exemple.fr> +33 6 12 34 56 78 inconnue", "550 <l…@exemple.fr> …78 inconnue"),
        ("Instagram, sous « Un essai »", "Instagram, sous « Un essai »"),
        ("", ""),
    ],
)
def test_an_address_is_masked(address, masked):
    assert mask(address) == masked


def test_a_membership_elsewhere_opens_no_letter_here(line, people, elsewhere, client_for, now):
    """Mediator here, supervisor elsewhere: the letters of here are not theirs to decide about."""
    both = people["mediator"]
    Membership.objects.create(user=both, organisation=elsewhere.memberships.get().organisation, role="supervisor")
    letter = fail("reply:1", YOUNG, line.organisation_id, now)
    client = client_for(both)
    assert "Tout est parti" in client.get("/pro/envois/").content.decode()
    assert client.post(f"/pro/envois/{letter.pk}/renvoyer").status_code == 404


def held_up(key, organisation, now, *, attempts, ago, **values):
    """A letter that the server could not take `attempts` times, the last one `ago` minutes before."""
    outbox.enqueue(
        "email", key=key, payload={"to": YOUNG, "subject": "Sujet", "text": "x"}, now=now, owner=organisation
    )
    claimed = now - timedelta(minutes=ago)
    Outbound.objects.filter(key=key).update(
        **{"error": f"Le serveur ne répond pas <{YOUNG}>", "attempts": attempts, "claimed_at": claimed} | values
    )


@pytest.mark.parametrize("state", ["waiting", "sending"])
def test_a_letter_that_is_tried_again_is_shown_and_is_nobodys_to_decide(line, people, client_for, now, state):
    client = client_for(people["supervisor"])
    assert "Tout est parti" in client.get("/pro/envois/").text
    held_up("reply:1", line.organisation_id, now, attempts=1, ago=0, state=state)
    page = client.get("/pro/envois/").text
    assert (
        "Pas encore partie, réessayée toute seule. Le serveur ne répond pas &lt;l…@exemple.invalid&gt;" in page
        and "Tout est parti" not in page
    )
    assert "Rien à décider" in page and 'name="choix"' not in page and ">Renvoyer<" not in page and YOUNG not in page
    assert "Pas encore partie, réessayée" in client.get("/pro/envois/?etat=waiting").text
    assert "Rien ne correspond" in client.get("/pro/envois/?etat=failed").text
    pk = Outbound.objects.get().pk
    assert client.post(f"/pro/envois/{pk}/renvoyer").status_code == 302
    assert Outbound.objects.get().state == state and Outbound.objects.get().attempts == 1


def test_all_has_left_only_when_nothing_waits(line, people, client_for, now):
    """An SMS waits for the morning: it did not leave, and nothing is wrong."""
    outbox.enqueue(
        "sms",
        key="reply:1",
        payload={"to": "+33612345678"},
        now=now,
        not_before=now + timedelta(hours=3),
        owner=line.organisation_id,
    )
    page = client_for(people["supervisor"]).get("/pro/envois/").text
    assert "Tout est parti" not in page and "Rien n’est bloqué." in page and "vont partir à leur heure" in page


@pytest.mark.parametrize(
    ("attempts", "ago", "told"),
    [
        (1, 9, False),
        (1, 11, True),
        (2, 8, False),
        (2, 10, True),
        (3, 3, False),
        (3, 5, True),
        (4, 0, True),
        (6, 0, True),
    ],
)
def test_who_looks_after_the_installation_knows_that_letters_keep_failing(
    line, people, elsewhere, client_for, now, attempts, ago, told
):
    held_up("reply:1", elsewhere.memberships.get().organisation_id, now, attempts=attempts, ago=ago)
    words, client = "1 lettre ne part pas depuis plus de dix minutes", client_for(people["administrator"])
    assert (words in client.get("/pro/").text) is told
    page = client.get("/pro/envois/").text
    assert (f"{words}</strong>, dans toute l’installation" in page) is told and YOUNG not in page
    assert not any(
        words in client_for(who).get(address).text
        for who in (people["supervisor"], elsewhere)
        for address in ("/pro/", "/pro/envois/")
    )


def test_danger_comes_first_among_what_was_set_aside(line, people, client_for, now):
    for number, (danger, minutes) in enumerate([(False, 1), (True, 50), (False, 90)]):
        Inbound.objects.create(
            channel="email",
            provider_id=str(number),
            sender=YOUNG,
            body=f"Message {number}.",
            state="ignored",
            reason="automatic",
            danger=danger,
            owner=line.organisation_id,
            received_at=now - timedelta(minutes=minutes),
            not_before=now,
        )
    page = client_for(people["supervisor"]).get("/pro/entrees/").text
    assert re.findall(r"Message (\d)\.", page) == ["1", "0", "2"]


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_what_is_read_here_one_by_one_gives_no_file(line, people, client_for, now, kind):
    """Letters, messages set aside, danger files."""
    fail("reply:1", YOUNG, line.organisation_id, now)
    DangerFile.objects.create(
        organisation=line.organisation,
        opened_by=people["mediator"],
        level="B",
        facts="Des faits.",
        opened_at=now,
        second_due_at=now,
    )
    for role, address in (
        ("supervisor", "/pro/envois/"),
        ("supervisor", "/pro/entrees/"),
        ("supervisor", "/pro/danger/"),
    ):
        client = client_for(people[role])
        answer, page = client.get(f"{address}?fichier={kind}"), client.get(address).text
        assert (
            answer.status_code == 200
            and answer["Content-Type"].startswith("text/html")
            and "Content-Disposition" not in answer
        ), address
        assert "<h1>" in answer.text and "pour un tableur" not in page and "fichier=" not in page, address
    assert not any(one.file for one in (lists.LETTERS, lists.ARRIVALS, DANGER))
