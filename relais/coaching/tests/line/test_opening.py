"""Who supervises a line sets its hours, its delays and its days off; those who wait follow."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from relais.accounts.models import Membership
from relais.coaching.line import clock, opening
from relais.coaching.models import Conversation, Line, LineClosure
from relais.foundation import meanwhile
from relais.foundation.models import EventRecord
from relais.foundation.refusals import NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("that_year")]
PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY = datetime(2026, 11, 18, 12, tzinfo=PARIS)
TYPED = {
    "name": "Le Déclic d’essai",
    "time_zone": "Europe/Paris",
    "departement": "45",
    "promise_minutes": "30",
    "alert_minutes": "15",
    "escalate_minutes": "25",
    "oncall_minutes": "28",
    "oncall_name": "",
    "oncall_email": "",
    "handover_working_hours": "16",
    "day_0": "9 h-12 h 30, 14 h-18 h",
    "day_2": "9h-18h",
}


def seen(line):
    """What a page of this line carries now."""
    return {"seen": meanwhile.fingerprint(opening.told(Line.objects.get(pk=line.pk)))}


@pytest.fixture
def now():
    return WEDNESDAY


@pytest.fixture
def supervisor(client_for, people):
    return client_for(people["supervisor"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("9 h-12 h 30, 14 h-18 h", [(time(9), time(12, 30)), (time(14), time(18))]),
        ("14:00-21:30 et 9h-12h", [(time(9), time(12)), (time(14), time(21, 30))]),
        ("0-24", [(time(0), time(0))]),
        ("9\u00a0h à 17\u202fh\u202f15", [(time(9), time(17, 15))]),
        ("20 h – 24 h ;", [(time(20), time(0))]),
    ],
)
def test_hours_are_read_as_people_write_them(text, found):
    assert opening.windows_of(text) == found
    assert opening.windows_of(opening.in_words(found)) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("le matin", "ne se lit pas"),
        ("9 h", "ne se lit pas"),
        ("9-25", "n’est pas une heure"),
        ("9h-12h60", "n’est pas une heure"),
        ("24-24", "n’est pas une heure"),
        ("12-9", "finit avant de commencer"),
        ("9-9", "finit avant de commencer"),
        ("20 h-2 h", "20 h-24 h"),
        ("9-12, 11-14", "se chevauchent"),
    ],
)
def test_what_is_no_hour_is_said(text, why):
    with pytest.raises(ValueError, match=why):
        opening.windows_of(text)


def test_the_first_line_is_opened_from_the_wall(supervisor, client, now):
    Line.objects.all().delete()
    assert "Personne ne répond encore ici" in client.get("/parler").text
    assert "/pro/ligne/nouvelle" in supervisor.get("/pro/ligne/").text
    page = supervisor.get("/pro/ligne/nouvelle").text
    assert all(
        f'name="{name}" value="{TYPED[name]}"' in page
        for name in ("promise_minutes", "alert_minutes", "oncall_minutes", "handover_working_hours")
    )
    assert supervisor.post("/pro/ligne/nouvelle", TYPED).status_code == 302
    line = Line.objects.get()
    assert (line.name, line.slug, line.open_on_holidays) == ("Le Déclic d’essai", "le-declic-dessai", False)
    assert (
        opening.week_of(line)[0] == [(time(9), time(12, 30)), (time(14), time(18))] and opening.week_of(line)[1] == []
    )
    assert line.hours().is_open(WEDNESDAY) and not line.hours().is_open(WEDNESDAY + timedelta(days=1))
    assert "Personne ne répond encore ici" not in client.get("/parler").text
    assert EventRecord.objects.get(name="line.changed").data == {"line": line.pk, "what": "settings", "waiting": 0}


def test_one_more_line_that_says_not_whom_it_serves_is_refused_and_what_was_typed_is_kept(line, supervisor):
    """Two people had the empty form under their eyes."""
    answer = supervisor.post("/pro/ligne/nouvelle", TYPED)
    assert (
        answer.status_code == 422 and "reçoit déjà tout le monde" in answer.text and "Le Déclic d’essai" in answer.text
    )
    assert Line.objects.count() == 1


def test_the_page_shows_what_is_set_and_keeps_what_is_changed(supervisor, line):
    page = supervisor.get(f"/pro/ligne/{line.pk}/reglages").text
    assert page.count('value="0 h-24 h"') == 7
    assert (
        supervisor.post(f"/pro/ligne/{line.pk}/reglages", TYPED | seen(line) | {"promise_minutes": "45"}).status_code
        == 302
    )
    line.refresh_from_db()
    assert (line.promise_minutes, line.slug, line.open_on_holidays) == (
        45,
        "ligne",
        False,
    ) and line.windows.count() == 3


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": ""}, "Donnez un nom à la ligne."),
        ({"day_0": "tôt"}, "ne se lit pas"),
        ({"day_0": "", "day_2": ""}, "Notez au moins une ouverture"),
        ({"alert_minutes": "26"}, "L’équipe est alertée d’abord"),
        ({"promise_minutes": "25"}, "L’équipe est alertée d’abord"),
        ({"promise_minutes": "x"}, "Donnez un nombre de minutes."),
        ({"promise_minutes": "0"}, "Au moins une minute."),
        (
            {"oncall_email": "a@exemple.fr", "oncall_minutes": "31"},
            "Entre l’alerte aux responsables et la fin du délai.",
        ),
        ({"departement": "Loiret"}, "trois"),
        ({"departement": "4-"}, "Donnez un numéro de département"),
        ({"time_zone": "Europe/Rome"}, "Europe/Rome"),
        ({"handover_working_hours": ""}, "Donnez un nombre d’heures."),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_is_kept(supervisor, line, typed, why):
    answer = supervisor.post(f"/pro/ligne/{line.pk}/reglages", TYPED | seen(line) | typed)
    assert answer.status_code == 422 and why in answer.text.replace("\u00a0", " ")
    assert typed.get("name") == "" or "Le Déclic d’essai" in answer.text
    assert line.windows.count() == 7 and not EventRecord.objects.filter(name="line.changed").exists()


def test_the_order_of_alerts_is_said_once_and_without_the_name_of_a_constraint(supervisor, line):
    for address, typed in (("/pro/ligne/nouvelle", {"served": "18"}), (f"/pro/ligne/{line.pk}/reglages", seen(line))):
        page = supervisor.post(address, TYPED | typed | {"alert_minutes": "26"}).text
        assert page.count("L’équipe est alertée d’abord") == 1 and "line_alert" not in page and "ontrainte" not in page


def test_an_old_page_undoes_nothing_until_it_is_pressed_again(supervisor, client_for, make_user, line, now):
    address, other = (
        f"/pro/ligne/{line.pk}/reglages",
        client_for(make_user("supervisor", organisation=line.organisation)),
    )
    old = TYPED | seen(line) | {"promise_minutes": "45"}
    assert f'name="seen" value="{old["seen"]}"' in supervisor.get(address).text
    assert other.post(address, TYPED | seen(line) | {"promise_minutes": "60", "day_3": "10 h-12 h"}).status_code == 302
    answer = supervisor.post(address, old)
    said = answer.text[: answer.text.index("<form")].replace("\u00a0", " ").replace("\u202f", " ")
    assert answer.status_code == 409 and 'name="promise_minutes" value="45"' in answer.text
    assert (
        "délai promis, en minutes, maintenant « 60 »" in said
        and "jeudi, maintenant « 10 h-12 h »" in said
        and "mardi, maintenant vide" in said
    )
    line.refresh_from_db()
    assert line.promise_minutes == 60 and "jeudi" not in said.split("Ce qui a changé")[0]
    again = re.search(r'name="seen" value="(\w+)"', answer.text)[1]
    for _ in range(2):
        assert supervisor.post(address, old | {"seen": again}).status_code == 302
    line.refresh_from_db()
    assert line.promise_minutes == 45 and opening.week_of(line)[3] == []


def test_for_whom_a_line_is_opened_is_said_by_who_supervises_several(supervisor, people, make_user, line):
    elsewhere = make_user("supervisor").memberships.get().organisation
    wanted = TYPED | {"served": "18"}
    assert 'name="organisation"' not in supervisor.get("/pro/ligne/nouvelle").text
    Membership.objects.create(user=people["supervisor"], organisation=elsewhere, role="supervisor")
    page = supervisor.get("/pro/ligne/nouvelle").text
    assert '<option value="" selected>Choisir</option>' in page and "Pour quelle organisation" in page
    answer = supervisor.post("/pro/ligne/nouvelle", wanted)
    assert answer.status_code == 422 and "Dites pour quelle organisation." in answer.text
    stranger = make_user("supervisor").memberships.get().organisation
    assert supervisor.post("/pro/ligne/nouvelle", wanted | {"organisation": stranger.pk}).status_code == 422
    assert supervisor.post("/pro/ligne/nouvelle", wanted | {"organisation": elsewhere.pk}).status_code == 302
    assert Line.objects.exclude(pk=line.pk).get().organisation == elsewhere


def test_those_who_wait_follow_new_hours_once_and_are_told(write, line, people, now):
    conversation = write().conversation
    opening.keep(
        line=line,
        user=people["supervisor"],
        week={2: [(time(9), time(12, 10))], 3: [(time(9), time(18))]},
        now=now + timedelta(minutes=5),
    )
    for _ in range(2):
        clock.turn(now + timedelta(minutes=6))
    held = Conversation.objects.get(pk=conversation.pk)
    assert held.due_at == datetime(2026, 11, 19, 9, 20, tzinfo=PARIS)
    (told,) = [one.body for one in held.messages.filter(side="notice")]
    assert "Réponse promise jeudi 19 novembre avant 9\u00a0h\u00a020." in told
    assert EventRecord.objects.filter(name="promise.moved").count() == 1
    assert not Line.objects.exclude(hours_changed_at=None).exists()


def test_nobody_is_told_when_the_promise_does_not_move(write, line, people, now):
    conversation = write().conversation
    line.alert_minutes = 10
    opening.keep(line=line, user=people["supervisor"], week=opening.week_of(line), now=now)
    clock.turn(now + timedelta(minutes=1))
    held = Conversation.objects.get(pk=conversation.pk)
    assert held.alert_at == now + timedelta(minutes=10) and held.due_at == now + timedelta(minutes=30)
    assert not held.messages.filter(side="notice").exists()


def test_days_off_and_back(supervisor, write, line, now, monkeypatch):
    passing = (now + timedelta(seconds=second) for second in range(1000))
    monkeypatch.setattr("django.utils.timezone.now", lambda: next(passing))
    conversation = write().conversation
    assert (
        supervisor.post(
            f"/pro/ligne/{line.pk}/fermetures", {"first": "2026-11-18", "last": "2026-11-18", "reason": "Formation"}
        ).status_code
        == 302
    )
    clock.turn(now + timedelta(minutes=1))
    assert Conversation.objects.get(pk=conversation.pk).due_at == datetime(2026, 11, 19, 0, 30, tzinfo=PARIS)
    page = supervisor.get(f"/pro/ligne/{line.pk}/reglages").text
    assert "Mercredi 18 novembre" in page and "Formation" in page
    supervisor.post(f"/pro/ligne/{line.pk}/fermetures/{LineClosure.objects.get().pk}/retirer")
    clock.turn(now + timedelta(minutes=2))
    assert Conversation.objects.get(pk=conversation.pk).due_at == now + timedelta(minutes=30)
    assert [one.data["what"] for one in EventRecord.objects.filter(name="line.changed").order_by("id")] == [
        "closed",
        "reopened",
    ]


@pytest.mark.parametrize(
    ("first", "last", "why"),
    [
        ("", "2030-01-02", "Donnez le premier jour."),
        ("2030-01-02", "2030-01-01", "Le dernier jour vient avant le premier."),
        ("2020-01-01", "2020-01-02", "Ces jours sont passés."),
    ],
)
def test_days_off_that_cannot_be(supervisor, line, first, last, why):
    answer = supervisor.post(f"/pro/ligne/{line.pk}/fermetures", {"first": first, "last": last})
    assert answer.status_code == 422 and why in answer.text and not LineClosure.objects.exists()


def test_a_line_may_be_open_on_holidays(line):
    christmas = datetime(2026, 12, 25, 12, tzinfo=PARIS)
    assert line.hours().is_open(christmas)
    line.open_on_holidays = False
    line.forget_hours()
    assert not line.hours().is_open(christmas)


def test_only_who_supervises_it(line, people, now):
    for user in (people["mediator"], people["elsewhere"] if "elsewhere" in people else people["administrator"]):
        for change in (
            lambda user=user: opening.keep(line=line, user=user, week={}, now=now),
            lambda user=user: opening.close_days(
                line=line, user=user, first=date(2030, 1, 1), last=date(2030, 1, 1), reason="", now=now
            ),
        ):
            with pytest.raises(NotAllowed):
                change()
    assert line.windows.count() == 7 and not line.closures.exists()
