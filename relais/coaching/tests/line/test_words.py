"""What is said when a conversation goes to another line, and when a line closes: true of this reader, and of those who wait."""

from datetime import timedelta

import pytest

from relais.accounts.models import Membership
from relais.catalogue import departements
from relais.catalogue.models import Commune
from relais.coaching import services, thread
from relais.coaching.guide import triage
from relais.coaching.line import clock, rerouting, serving
from relais.coaching.models import Conversation, Line

pytestmark = pytest.mark.django_db
CLOSE = {"state": "closed", "minutes": "120", "message": ""}


def minutes(count):
    return timedelta(minutes=count)


@pytest.fixture
def move(now):
    return lambda conversation, line, at=now: rerouting._go(
        thread.locked(conversation.pk), line, by=None, reason="", now=at
    )


@pytest.fixture
def wall(people, client_for):
    """The supervisor's browser: wall(address) reads a page, with `fields` sends a form and reads what comes after; plain spaces."""
    client = client_for(people["supervisor"])

    def page(address, fields=None):
        answer = client.post(address, fields, follow=True) if fields else client.get(address)
        return " ".join(answer.text.replace("&nbsp;", " ").split())

    return page


# --- closing a line


def test_a_line_whose_people_all_went_elsewhere_tells_nobody_and_says_so(line, loiret, write, move, wall):
    for _ in range(2):
        move(write().conversation, loiret)
    before, after = wall(f"/pro/ligne/{line.pk}/ouverture"), wall(f"/pro/ligne/{line.pk}/ouverture", CLOSE)
    assert (
        "Personne n’attend sur cette ligne en ce moment." in before
        and "prévenue" not in before
        and "délai suit" not in before
    )
    assert "C’est fait. Personne n’attend sur cette ligne." in after and "prévenu" not in after
    assert "Rien : personne n’attend." in after
    assert "Personne n’attend sur cette ligne en ce moment." in wall(f"/pro/ligne/{line.pk}/reglages")


def test_one_person_is_spoken_of_as_one(line, write, wall):
    write()
    page = wall(f"/pro/ligne/{line.pk}/ouverture")
    assert (
        "1 personne attend sur cette ligne en ce moment : son délai suit ce que vous décidez." in page
        and "Elle est prévenue" in page
    )
    assert "La personne qui attend est prévenue." in wall(f"/pro/ligne/{line.pk}/ouverture", CLOSE)


def test_what_was_promised_elsewhere_does_not_follow_and_the_page_says_how_many(line, loiret, write, move, wall, now):
    """One who came from a slower line, one who is late already, two of this line."""
    broken = write(at=now - minutes(40)).conversation
    clock.turn(now)
    came = write(on=loiret, at=now - minutes(20)).conversation
    move(came, line)
    own = [write(at=now - minutes(5)).conversation for _ in range(2)]
    for address in ("ouverture", "reglages"):
        page = wall(f"/pro/ligne/{line.pk}/{address}")
        assert "4 personnes attendent sur cette ligne en ce moment :" in page, address
        assert (
            "pour 2, le délai suit" in page
            and "pour 1, le délai suit sans aller au-delà de ce qui a déjà été promis ;" in page
        )
        assert "pour 1, le délai est dépassé : cela ne change pas." in page
    assert "Les 4 personnes qui attendent sont prévenues." in wall(f"/pro/ligne/{line.pk}/ouverture", CLOSE)
    clock.turn(now + minutes(1))
    held = Conversation.objects.get(pk=came.pk)
    assert held.due_at == came.due_at, "the line it came from promised that, and it went no further"
    told = held.messages.filter(side="notice").last().body
    assert (
        "La ligne est fermée." in told
        and "Réponse promise" not in told
        and "cela reste vrai, même si la ligne est fermée" in told
    )
    for one in own:
        assert Conversation.objects.get(pk=one.pk).due_at > one.due_at
        assert "Réponse promise" in one.messages.filter(side="notice").last().body
    assert "Ton message est toujours là." in broken.messages.filter(side="notice").last().body


# --- passing to another line


@pytest.mark.parametrize(
    ("elsewhere", "beside", "said"),
    [
        (False, False, "La vôtre ne les lira plus."),
        (True, False, "Vous en faites partie : vous les lirez encore."),
        (False, True, "Vous ne les lirez plus, sauf si vous choisissez « Ligne du soir », dont vous faites partie."),
        (True, True, "Vous en faites partie : vous les lirez encore."),
    ],
)
def test_whether_one_reads_it_still_is_said_as_it_is(
    line, loiret, there, write, people, wall, now, elsewhere, beside, said
):
    """`elsewhere`: the reader answers in the other organisation too. `beside`: theirs has a second line."""
    conversation = services.claim(conversation=write().conversation, user=people["supervisor"], now=now)
    if elsewhere:
        Membership.objects.create(user=people["supervisor"], organisation=there, role="mediator")
    if beside:
        Line.objects.create(slug="soir", name="Ligne du soir", organisation=line.organisation)
    wall(f"/pro/conversations/{conversation.pk}/")
    page = wall(f"/pro/conversations/{conversation.pk}/autre-ligne")
    assert f"lira tout le fil et vos notes. {said} La personne lit" in page, page[page.find("lira tout") :][:300]


# --- a choice by itself


def test_where_nothing_said_decides_it_is_said_plainly(line, loiret, commune, write, now, client):
    held = write("Bonjour", commune=commune, on=loiret).conversation
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
    triage.describe(conversation=held, said={"commune": bourges}, by="young", now=now)
    told = Conversation.objects.get().messages.filter(side="notice").last().body
    assert (
        "qui te répond maintenant, car rien de ce que tu as dit ne désigne une ligne en particulier" in told
        and "faute d" not in told
    )
    page = " ".join(client.post("/parler", {"commune": "Bourges", "voir": "1"}).text.replace("&nbsp;", " ").split())
    assert (
        "Rien de ce que tu as dit ne désigne une équipe en particulier" in page
        and "D’après ce que tu as dit" not in page
    )


def test_every_place_served_is_named_as_people_say_it(line):
    assert [departements.of(one) for one in ("45", "2A", "40", "01", "75", "974", "34")] == [
        "du Loiret (45)",
        "de la Corse-du-Sud (2A)",
        "des Landes (40)",
        "de l’Ain (01)",
        "de Paris (75)",
        "de La Réunion (974)",
        "de l’Hérault (34)",
    ]
    assert (
        len(serving.DEPARTEMENTS) == 107
        and {"01", "95", "2A", "2B", "971", "978", "986", "988"} <= serving.DEPARTEMENTS
    )
    assert not {"20", "96", "979"} & serving.DEPARTEMENTS
    line.departements, line.communes = ["45"], ["72181"]
    assert serving.in_words(line, {"72181": "Le Mans (72)"}).startswith(
        "Elle reçoit les messages venus du Mans (72) ou du Loiret (45). Elle reçoit aussi"
    )
