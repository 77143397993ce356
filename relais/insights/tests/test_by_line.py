"""Figures of one answer line: on the pages, for programs, and without giving away the others."""

import re
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from relais.accounts.models import Organisation
from relais.campaigns.models import Touch
from relais.coaching.models import Line
from relais.insights import api, counting, promised
from relais.insights.api import SMALLEST, publishable_of
from relais.insights.figures import Period, Value
from relais.insights.promised import Counted, Kept, publish, publish_months_of

from .histories import event, life, write
from .test_promise import wait

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def now():
    return datetime(2026, 11, 20, 12, tzinfo=PARIS)


@pytest.fixture
def lines(people):
    """One of the organisation of `people`, one of another for the Loiret and the Cher, one more there."""
    here, there = people["supervisor"].memberships.get().organisation, Organisation.objects.create(name="Ailleurs")
    return [
        Line.objects.create(slug="ici", name="Ligne d’ici", organisation=here),
        Line.objects.create(
            slug="loiret", name="Ligne du Loiret", organisation=there, departements=["45"], communes=["18033"]
        ),
        Line.objects.create(
            slug="stages", name="Ligne des stages", organisation=there, departements=["45"], subjects=["internship"]
        ),
    ]


def waits(now, line, answered, late=0, ago=timedelta(hours=1)):
    for n in range(answered):
        write(*wait(now - ago - timedelta(minutes=n), seconds=300, line=line.pk))
    for n in range(late):
        write(*wait(now - ago - timedelta(minutes=n), seconds=4000, broken=True, line=line.pk))


@pytest.mark.django_db
def test_the_page_of_the_promise_is_of_the_line_asked(lines, now, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    waits(now, lines[0], 20)
    waits(now, lines[1], 10, 10)
    page = client.get("/promesse").text
    assert "75\xa0%" in page and '<option value="loiret"' in page and '<a href="?ligne=loiret">' in page
    assert "100\xa0%" in client.get("/promesse?ligne=ici").text
    page = client.get("/promesse?ligne=loiret").text
    assert "50\xa0%" in page and "75\xa0%" not in page and "Ligne du Loiret</b> (Ailleurs)" in page
    assert "50\xa0%" in client.get("/promesse?departement=18").text, "one line serves it"
    page = client.get("/promesse?departement=45").text
    assert "une par une" in page and "?ligne=loiret" in page and "?ligne=ici" not in page
    assert "100\xa0%" in client.get("/promesse?ligne=ici&departement=45").text, "the line counts"
    for wrong in ("ligne=x", "departement=99"):
        assert client.get(f"/promesse?{wrong}").status_code == 404
    page = client.get("/promesse?departement=75").text
    assert "Pour le département 75" in page and "Ligne d’ici</b>" in page and "100\xa0%" in page, (
        "who gets the rest answers there"
    )
    for wrong in ("departement=9", "ligne=x&departement=75"):
        assert client.get(f"/promesse?{wrong}").status_code == 404


@pytest.mark.django_db
def test_nothing_is_promised_before_a_line_is_open(client, people):
    page = client.get("/promesse").text
    assert (
        "Rien n’est encore promis ici" in page
        and "te répond en 30 minutes" not in page
        and "Parler à quelqu’un</a>" not in page.partition("<main")[2].partition("</main>")[0]
    )
    assert "Personne ne répond encore ici" in client.get("/parler").text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("minutes", "says"), [(30, "Une personne te répond en 30 minutes"), (60, "La promesse est de 60 minutes")]
)
def test_the_page_promises_what_the_line_promises(people, client, minutes, says):
    Line.objects.create(
        slug="ici",
        name="Ici",
        organisation=people["supervisor"].memberships.get().organisation,
        promise_minutes=minutes,
    )
    page = client.get("/promesse").text.partition("<h1")[2]
    assert says in page.replace("\xa0", " ") and (minutes == 30) is (
        "te répond en 30 minutes" in page.replace("\xa0", " ")
    )


@pytest.mark.django_db
def test_with_one_line_there_is_nothing_to_choose(people, client):
    Line.objects.create(
        slug="ici", name="Ligne d’ici", organisation=people["supervisor"].memberships.get().organisation
    )
    assert "<select" not in client.get("/promesse").text


@pytest.mark.django_db
def test_a_wait_is_of_the_line_that_broke_it_else_of_the_last_that_had_it(lines, now):
    one, two, _ = lines
    for broken_by, answered in ((None, False), (one, True), (two, True)):
        subject = uuid4()
        own = [event("wait.started", now - timedelta(days=1), subject=subject, line=one.pk)]
        if broken_by:
            own.append(event("promise.broken", now - timedelta(hours=23), subject=subject, line=broken_by.pk))
        own.append(
            event(
                "conversation.rerouted",
                now - timedelta(hours=22),
                subject=subject,
                line=two.pk,
                before=one.pk,
                why="hand",
            )
        )
        if answered:
            own.append(
                event(
                    "conversation.answered",
                    now - timedelta(hours=21),
                    subject=subject,
                    seconds=9000,
                    kept=False,
                    first=True,
                    line=two.pk,
                )
            )
        write(*own)
    counted = promised.count(now)
    assert (counted.lines[one.pk].number, counted.lines[two.pk].number, counted.lines[two.pk].pending) == (1, 1, 1)


cells = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: Kept(sum(pair), pair[0], 0, 60, 60))


@given(
    st.lists(st.lists(cells, min_size=2, max_size=3), min_size=2, max_size=3).filter(
        lambda rows: len({len(row) for row in rows}) == 1
    )
)
def test_no_month_of_a_line_is_found_by_subtracting(rows):
    """In each month, and in each line, what is hidden is SMALLEST together, or nothing; so is what a hidden sum is made of."""
    months, lines = [datetime(2026, n + 1, 1).date() for n in range(len(rows))], list(range(len(rows[0])))

    def total(some):
        return Kept(sum(one.number for one in some), sum(one.within for one in some), 0, 60, 60)

    columns = list(zip(*rows, strict=True))
    counted = Counted(
        dict(zip(months, map(total, rows), strict=True)),
        dict(zip(lines, map(total, columns), strict=True)),
        {(month, line): rows[m][line] for m, month in enumerate(months) for line in lines},
        total([one for row in rows for one in row]),
        0,
        0,
    )
    shown = {line: publish_months_of(line, counted) for line in lines}
    of_months, whole = publish(list(counted.months.values()), counted.whole)
    of_lines, _ = publish(list(counted.lines.values()), counted.whole)
    groups = [([(m, line) for line in lines], of_months[m]) for m in range(len(months))] + [
        ([(m, line) for m in range(len(months))], of_lines[line]) for line in lines
    ]
    for places, margin in groups:
        hidden = [rows[m][line].number for m, line in places if shown[line][m].hidden]
        shown_numbers = [rows[m][line].number for m, line in places if not shown[line][m].hidden]
        assert all(number == 0 or number >= SMALLEST for number in shown_numbers)
        if margin.hidden:
            assert not any(shown_numbers)
        elif any(hidden):
            assert sum(hidden) >= SMALLEST or not any(shown_numbers)
        exact = [(m, line) for m, line in places if shown[line][m].share is None]
        if margin.share is not None and any(shown[line][m].share is not None for m, line in places):
            for count in (
                sum(rows[m][line].within for m, line in exact),
                sum(rows[m][line].number - rows[m][line].within for m, line in exact),
            ):
                assert not 0 < count < SMALLEST
    del whole


@pytest.mark.django_db
def test_two_counts_agree_line_by_line_and_a_wrong_one_is_found(lines, now, capsys, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for line, steps in ((lines[0], "answered"), (lines[1], "accepted")):
        write(*life(now - timedelta(days=2), until=steps, line=line.pk)[1])
    subject, events = life(now - timedelta(days=2), until="answered", line=lines[0].pk)
    write(
        *events,
        event(
            "conversation.rerouted",
            now - timedelta(days=1),
            subject=subject,
            line=lines[2].pk,
            before=lines[0].pk,
            why="hand",
        ),
    )
    by_line = counting.count_by_line(Period())
    assert {number: values["opened"].numerator for number, values in by_line.items()} == {line.pk: 1 for line in lines}
    assert counting.count(Period(), known=[], lines=[lines[1].pk, lines[2].pk])[None]["opened"].numerator == 2
    call_command("check-figures")
    monkeypatch.setattr(
        counting, "_FACTS", counting._FACTS.replace("e.name = 'conversation.rerouted'", "e.name = 'nothing'")
    )
    with pytest.raises(Exception, match="differences"):
        call_command("check-figures")
    assert f"line {lines[2].pk}" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_funnel_is_of_the_lines_asked_and_only_of_one_s_own(lines, people, client_for, now, make_user):
    for line, number in ((lines[0], 3), (lines[1], 7)):
        write(*(one for _ in range(number) for one in life(now - timedelta(days=2), until="answered", line=line.pk)[1]))
    here = client_for(people["supervisor"])
    page = here.get("/pro/entonnoir/?periode=tout&ligne=ici").text
    assert (
        "Contacts suivis" not in re.sub(r"<p class=.soft.*?</p>", "", page)
        and "3 sur 3" in page
        and "7 sur" not in page
    )
    assert here.get("/pro/entonnoir/?ligne=loiret").status_code == 404, "another organisation's, with its small numbers"
    assert '<select id="ligne"' not in page, "one may choose one only"
    there = client_for(make_user("supervisor", organisation=lines[1].organisation))
    page = there.get("/pro/entonnoir/?periode=tout&departement=45").text
    assert "7 sur 7" in page and "Ligne du Loiret, Ligne des stages" in page and "departement=45" in page
    assert there.get("/pro/entonnoir/answered/?periode=tout&ligne=loiret").text.count("Ligne du Loiret") >= 1
    assert there.get("/pro/entonnoir/followed/?periode=tout&ligne=loiret").status_code == 404
    sheet = there.get("/pro/entonnoir/export.csv?periode=tout&ligne=loiret")
    assert "loiret" in sheet["Content-Disposition"] and ";followed;" not in sheet.content.decode("utf-8-sig")


@pytest.mark.django_db
def test_programs_ask_for_a_line_too(lines, client, now, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    for line, number in zip(lines, (20, 9, 3), strict=True):
        write(*(one for _ in range(number) for one in life(now - timedelta(days=2), until="answered", line=line.pk)[1]))
        waits(now, line, number)

    def opened(query):
        found = {one["slug"]: one for one in client.get(f"/api/v1/figures{query}").json()["results"]}
        return found["opened"]["numerator"], "followed" in found

    # `waits` opens one too, today: the period of these figures ended last midnight.
    assert opened("") == (32, True) and opened("?line=ici") == (20, False)
    assert opened("?line=stages") == opened("?line=loiret") == (None, False), (
        "three, and the nine that a subtraction would need"
    )
    assert client.get("/api/v1/promise?line=ici").json()["results"][-1]["number"] == 20
    for address in ("figures", "promise"):
        for query, status in (("?line=x", 404), ("?ligne=ici", 400), ("?line=%00", 400)):
            answer = client.get(f"/api/v1/{address}{query}")
            assert answer.status_code == status and answer.json()["error"].endswith(".")


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=4))
def test_no_line_is_found_by_subtracting(counts):
    def values(numerator, denominator):
        return {
            "opened": Value(denominator, None, None, denominator),
            "answered": Value(numerator, denominator, 0, numerator / denominator if denominator else None),
        }

    by_line = {number: values(min(pair), max(pair)) for number, pair in enumerate(counts)}
    whole = values(sum(min(pair) for pair in counts), sum(max(pair) for pair in counts))
    shown, together = {line: publishable_of(line, by_line, whole) for line in by_line}, api.publishable(whole)
    for slug in whole:
        for part in ("numerator", "denominator"):
            hidden = [
                getattr(by_line[line][slug], part) or 0 for line in by_line if getattr(shown[line][slug], part) is None
            ]
            told = [getattr(shown[line][slug], part) for line in by_line if getattr(shown[line][slug], part)]
            assert all(number >= SMALLEST for number in told)
            assert not told or getattr(together[slug], part) is None or sum(hidden) == 0 or sum(hidden) >= SMALLEST
        assert all(one[slug].value is None for one in shown.values() if one[slug].numerator is None)


@pytest.mark.django_db
def test_a_line_of_others_hides_no_figure_of_one_s_own_touches(lines, people, client_for, now, monkeypatch):
    """A follow is of no line: it is counted for whose touch it is, with one line on the installation or with three."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    here = people["campaign_manager"].memberships.get().organisation
    own, other = (
        Touch.objects.create(code=code, kind="poster", label=f"Affiche {code}", organisation=place, created_at=now)
        for code, place in (("AAAAA", here), ("CCCCC", lines[1].organisation))
    )
    write(*(event("touch.followed", now - timedelta(hours=1), touch=code) for code in (own.code, own.code, other.code)))
    page = client_for(people["campaign_manager"]).get("/pro/entonnoir/").text
    assert f"/entonnoir/followed/?contact={own.code}" in page and other.code not in page
    for contact, count in ((own.code, 2), ("", 2), ("aucun", 0)):
        found = client_for(people["campaign_manager"]).get(f"/pro/entonnoir/followed/?contact={contact}").text
        assert f"<dd>{count}</dd>" in found, contact
