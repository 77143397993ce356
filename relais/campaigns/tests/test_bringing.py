"""Many touches from one table: columns, rehearsal, confirmation; whose rows are whose, and what stands in the way of a row."""

import html
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from relais.accounts.models import AccessRecord, Membership
from relais.campaigns import bringing
from relais.campaigns.models import Touch
from relais.catalogue.models import BroughtTable
from relais.catalogue.tables.columns import guess
from relais.catalogue.tables.models import LIFE
from relais.catalogue.tests import tabled
from relais.foundation.refusals import ChangedMeanwhile, Gone, NotAcceptable, NotAllowed
from relais.stories.models import Story

pytestmark = pytest.mark.django_db
HERE = "/pro/contacts/importer"
ROWS = [
    ["Nom", "Support", "Ville", "Date", "Page cible"],
    ["Affiche gare", "Affiche", "Orléans", "12/03/2026", ""],
    ["Visite", "classe", "", "2026-04-02", ""],
    ["Sans rien", "", "", "", "accueil"],
]


@pytest.fixture
def manager(people):
    return people["campaign_manager"]


@pytest.fixture
def organisation(manager):
    return manager.memberships.get().organisation


@pytest.fixture
def table(manager, organisation, now):
    """table(rows) → a table of touches, rehearsed."""

    def make(rows=ROWS, kind="poster", user=None):
        data = tabled.csv(rows, charset="utf-8")
        made = bringing.bring(user=user or manager, organisation=organisation, name="contacts.csv", data=data, now=now)
        matching = {"columns": guess(made.sheet["headers"], bringing.FIELDS), "kind": kind}
        return bringing.match(table_id=made.pk, user=user or manager, now=now, **matching)

    return make


def why(table) -> list[str]:
    return [reason for _, reason in table.rehearsal["aside"]]


def confirm(table, user, now):
    return bringing.confirm(table_id=table.pk, user=user, mark=table.rehearsal["mark"], now=now)


def test_a_table_becomes_touches_once_it_was_seen(manager, organisation, client_for):
    browser = client_for(manager)
    sent = browser.post(
        HERE, {"organisation": organisation.pk, "file": SimpleUploadedFile("contacts.xlsx", tabled.xlsx(ROWS))}
    )
    chosen = {key: str(number) for number, key in enumerate(("label", "kind", "place", "day", "story"))}
    columns = browser.get(sent["Location"]).text
    for key, number in chosen.items():
        field = columns.partition(f'name="{key}"')[2].partition("</select>")[0]
        assert f'<option value="{number}" selected' in field, key
    tried = browser.post(sent["Location"], chosen | {"usual": "other"})
    page = browser.get(tried["Location"])
    told = html.unescape(page.text).replace("\xa0", " ")
    assert "3 contacts créés, chacun avec son code" in told and "Affiche gare, Orléans, 12/03/2026" in told
    assert not Touch.objects.exists(), "nothing is written before it is confirmed"
    mark = BroughtTable.objects.get().rehearsal["mark"]
    done = browser.post(f"{tried['Location']}/confirmer", {"mark": mark}, follow=True)
    assert "3 contacts créés" in done.text.replace("\xa0", " ")
    made = Touch.objects.filter(organisation=organisation)
    assert sorted(made.values_list("kind", "label", "story")) == [
        ("class", "Visite, 02/04/2026", None),
        ("other", "Sans rien", None),
        ("poster", "Affiche gare, Orléans, 12/03/2026", None),
    ]
    assert BroughtTable.objects.get().sheet == {}, "what has served is erased"
    assert AccessRecord.objects.filter(action="import", user=manager).count() == 1
    assert "Affiche gare, Orléans" in browser.get("/pro/contacts/").text


def test_a_second_press_makes_nothing_more(table, manager, now):
    made = table()
    assert confirm(made, manager, now) == confirm(made, manager, now) == 3 == Touch.objects.count()


def test_a_row_that_makes_no_touch_says_why(table):
    rows = [
        ["---", "affiche", "", "", ""],
        ["A" * 121, "affiche", "", "", ""],
        ["B" * 110, "affiche", "Une commune", "", ""],
        ["Sorte", "Montgolfière", "", "", ""],
        ["Partage", "Partage", "", "", ""],
        ["Date", "affiche", "", "31/02/2026", ""],
        ["Titre", "affiche", "", "", "Un témoignage qui n’existe pas"],
        ["Ailleurs", "affiche", "", "", "https://exemple.invalid/temoignages/"],
        ["Deux fois", "affiche", "", "", ""],
        ["DEUX FOIS", "Affiches", "", "", ""],
    ]
    made = table([ROWS[0], *rows])
    assert [one["label"] for one in made.rehearsal["added"]] == ["Deux fois"]
    reasons = [reason.partition(" : ")[0] for reason in why(made)]
    assert reasons == [
        "sans nom",
        "nom trop long, 120 signes au plus avec le lieu et la date",
        "nom trop long, 120 signes au plus avec le lieu et la date",
        "sorte inconnue",
        "un lien de partage se fait avec son témoignage, pas ici",
        "date illisible",
        "témoignage inconnu, ou pas publié",
        "cette adresse n’est pas celle d’un témoignage publié ici",
        "même sorte et même nom qu’une autre ligne",
    ]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("12/03/2026", "12/03/2026"),
        ("12/03/26", "12/03/2026"),
        ("1.2.25", "01/02/2025"),
        ("01-02-2025 14:30", "01/02/2025"),
        ("2026-04-02", "02/04/2026"),
        ("2026-04-02T09:00:00", "02/04/2026"),
        ("26-04-02", "26/04/2002"),
        ("2/2026", None),
        ("mars 2026", None),
        ("12/03/202", None),
        ("32/01/2026", None),
    ],
)
def test_a_date_is_the_one_that_was_written_or_none(table, written, day):
    made = table([ROWS[0], ["Affiche", "affiche", "", written, ""], ["Autre", "affiche", "", "", ""]])
    labels = [one["label"] for one in made.rehearsal["added"]]
    assert labels == ([f"Affiche, {day}", "Autre"] if day else ["Autre"])


@pytest.mark.parametrize("length", [120, 121])
def test_a_name_is_as_long_as_in_the_form(table, length):
    assert len(table([["Nom"], ["A" * length], ["B"]]).rehearsal["added"]) == (2 if length == 120 else 1)


def test_a_touch_leads_to_a_published_testimony_only(table, manager, story, now):
    written = [
        story.title,
        story.title.upper(),
        story.get_absolute_url(),
        f"https://nous.invalid{story.get_absolute_url()}?par=X",
    ]
    rows = [["Nom", "Témoignage"], *([f"Vers {number}", words] for number, words in enumerate(written))]
    made = table(rows)
    assert [one["story"] for one in made.rehearsal["added"]] == [story.slug] * 4, why(made)
    Story.objects.filter(pk=story.pk).update(state=Story.State.WITHDRAWN)
    with pytest.raises(ChangedMeanwhile):
        confirm(made, manager, now)
    assert not Touch.objects.filter(kind="poster").exists()


def test_what_is_there_already_is_not_made_twice(table, manager, now):
    confirm(table(), manager, now)
    again = table([*ROWS, ["Nouveau", "vidéo", "", "", ""]])
    assert len(again.rehearsal["there"]) == 3 and confirm(again, manager, now) == 1
    nothing = table()
    with pytest.raises(NotAcceptable):
        confirm(nothing, manager, now)
    assert Touch.objects.count() == 4


def test_what_changed_since_it_was_seen_is_not_made(table, manager, now):
    seen = table()
    confirm(table([ROWS[0], ROWS[1]]), manager, now)
    with pytest.raises(ChangedMeanwhile):
        confirm(seen, manager, now)
    with pytest.raises(ChangedMeanwhile):
        bringing.confirm(table_id=seen.pk, user=manager, mark="", now=now)
    bringing.rehearse_again(table_id=seen.pk, user=manager, now=now)
    seen.refresh_from_db()
    assert confirm(seen, manager, now) == 2


@pytest.mark.parametrize("rows", [1000, 1001])
def test_a_thousand_at_most(table, rows, manager, now):
    data = [["Nom"], *([f"Affiche {number}"] for number in range(rows))]
    if rows > 1000:
        with pytest.raises(NotAcceptable):
            table(data)
    else:
        assert confirm(table(data), manager, now) == 1000 == len(set(Touch.objects.values_list("code", flat=True)))


def test_each_organisation_its_own(table, make_user, manager, people, client_for, now):
    made, elsewhere = table(), make_user("campaign_manager")
    assert client_for(elsewhere).get(f"{HERE}/{made.pk}").status_code == 404
    with pytest.raises(NotAllowed):
        confirm(made, elsewhere, now)
    for role in ("supervisor", "administrator", "funder"):
        assert client_for(people[role]).get(f"{HERE}/{made.pk}").status_code == 404
        assert client_for(people[role]).get(f"/pro/structures/importer/{made.pk}").status_code in (403, 404), role
    Membership.objects.filter(user=manager).delete()
    with pytest.raises(NotAllowed):
        confirm(made, type(manager).objects.get(pk=manager.pk), now)
    assert not Touch.objects.exists()


def test_a_table_of_structures_is_none_of_touches(people, manager, organisation, table, now):
    structures = BroughtTable.objects.create(
        organisation=organisation, by=manager, name="x", brought_at=now, sheet={"headers": [], "rows": [], "lines": []}
    )
    with pytest.raises(Gone):
        bringing.confirm(table_id=structures.pk, user=manager, mark="", now=now)
    assert not BroughtTable.objects.visible_to(people["supervisor"]).filter(pk=table().pk).exists()


def test_it_is_kept_less_than_a_day(table, manager, now):
    made = table()
    with pytest.raises(Gone):
        confirm(made, manager, now + LIFE + timedelta(seconds=1))
