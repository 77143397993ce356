"""The guided start is a graph that always leads to a human; what it says has sources; what is said of oneself is optional."""

import random
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.coaching.guide import HUMAN, LONGEST, UnknownChoice, script, triage
from relais.coaching.models import Conversation
from relais.foundation.models import EventRecord
from tests import builders

SCRIPT = script()
NODES = list(SCRIPT.nodes.values())


def test_every_door_leads_somewhere_and_every_node_is_reached():
    goals = {choice.goes for node in NODES for choice in node.choices}
    assert goals - {HUMAN} <= set(SCRIPT.nodes)
    assert set(SCRIPT.nodes) - {SCRIPT.start.id} <= goals
    assert all(node.choices for node in NODES), "no dead end"
    codes = [choice.code for node in NODES for choice in node.choices]
    assert len(codes) == len(set(codes)) and all(re.fullmatch("[a-z][a-z0-9]", code) for code in codes)


def test_no_circle_and_a_human_at_the_end_of_every_path():
    def longest(node_id, seen):
        if node_id == HUMAN:
            return 0
        assert node_id not in seen, f"{node_id} comes back to itself"
        return 1 + max(longest(choice.goes, seen | {node_id}) for choice in SCRIPT.nodes[node_id].choices)

    assert longest(SCRIPT.start.id, set()) <= 8 < LONGEST


def test_what_is_said_of_a_person_is_a_code_of_theirs():
    for node in NODES:
        for choice in node.choices:
            assert triage.cleaned(choice.sets) == choice.sets


def test_facts_have_a_source_read_less_than_six_months_ago(now):
    said = " ".join(text for node in NODES for text in node.says)
    assert "€" not in said and "euro" not in said, "amounts change: a human says them"
    for node in NODES:
        # A number is a fact: an age, a duration, a telephone of the help page.
        if re.search(r"\d", "".join(node.says)) and node.id != "urgence":
            assert node.source, node.id
        if node.source:
            assert node.source.url.startswith("https://")
            assert timedelta() <= now.date() - node.source.checked <= timedelta(days=180), node.id
    for referral in triage.REFERRALS:
        assert now.date() - referral.checked <= timedelta(days=180)


def test_french_is_set_as_french():
    for node in NODES:
        for text in [*node.says, *(choice.label for choice in node.choices)]:
            assert "'" not in text and len(text) < 420, text


@given(st.text(alphabet="abcdefgz0123456789.", max_size=60))
def test_any_address_is_a_walk_or_unknown(text):
    try:
        walk = SCRIPT.walk(text)
    except UnknownChoice:
        return
    assert walk.node is None or walk.node in NODES


def a_walk(dice) -> str:
    walk = SCRIPT.walk("")
    while walk.node is not None:
        walk = SCRIPT.walk(".".join([*walk.codes, dice.choice(walk.node.choices).code]))
    return walk.code


@pytest.mark.django_db
def test_each_page_has_a_human_and_leaves_nothing(client, line):
    dice = random.Random(7)
    for _ in range(25):
        codes = a_walk(dice).split(".")
        for length in range(len(codes)):
            answer = client.get("/parler/guide", {"c": ".".join(codes[:length]), "par": "K7QM3"})
            page = answer.content.decode()
            assert answer.status_code == 200 and not answer.cookies
            assert "Parler à un humain maintenant" in page and "par=K7QM3" in page
        answer = client.get("/parler/guide", {"c": ".".join(codes), "par": "K7QM3"})
        assert answer.headers["Location"] == f"/parler?guide={'.'.join(codes)}&par=K7QM3"
    assert client.get("/parler/guide", {"c": "zz.zz"}).status_code == 404
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_the_choices_go_with_the_first_message(client, line):
    codes = "tr.t3.k2.q2.x3.z1"
    page = client.get("/parler", {"guide": codes}).content.decode()
    assert "J’ai besoin de travailler tout de suite" in page and f'value="{codes}"' in page
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    client.post("/parler", {"body": "Bonjour", "key": key, "guide": codes})
    found = Conversation.objects.get()
    assert (found.subject, found.urgency, found.age_band, found.known) == ("work", "now", "15-17", "known")
    assert next(step["choice"] for step in found.guide_path) == "Je cherche un travail"
    event = EventRecord.objects.get(name="triage.recorded")
    assert event.data["topic"] == "work" and event.data["by"] == "young"


@pytest.mark.django_db
def test_a_script_that_changed_never_stops_a_message(client, line):
    page = client.get("/parler", {"guide": "zz.zz"}).content.decode()
    key = re.search(r'name="key" value="([^"]+)"', page)[1]
    assert client.post("/parler", {"body": "Bonjour", "key": key, "guide": "zz.zz"}).status_code == 302
    assert Conversation.objects.get().guide_path == []


@pytest.mark.django_db
def test_the_person_and_the_mediator_say_more_later(client, write, people, client_for, settings):
    found = write()
    client.cookies[settings.JOURNEY_COOKIE_NAME] = found.cookie
    client.post("/parler/situation", {"age_band": "18-25", "known": "unsure", "subject": "", "urgency": "bêtise"})
    assert client.post("/parler/situation", {"age_band": "18-25", "known": "unsure"}).status_code == 302
    held = Conversation.objects.get()
    assert (held.age_band, held.known, held.subject, held.is_minor) == ("18-25", "unsure", "", False)
    staff = client_for(people["mediator"])
    staff.post(f"/pro/conversations/{held.pk}/prendre", follow=True)
    staff.post(
        f"/pro/conversations/{held.pk}/situation", {"subject": "training", "age_band": "18-25", "known": "unsure"}
    )
    assert Conversation.objects.get().subject == "training"
    assert list(EventRecord.objects.filter(name="triage.recorded").values_list("data__by", flat=True)) == [
        "young",
        "staff",
    ]


@pytest.mark.django_db
def test_the_right_door_by_age_with_its_reason(structure, commune, client, line):
    names = {
        age: [referral.name for referral, _ in triage.referrals_for(age, None)]
        for age in ("under-15", "15-17", "18-25", "26-plus", "")
    }
    assert "La mission locale" in names["15-17"] and "La mission locale" in names["18-25"]
    assert "La mission locale" not in names["26-plus"] and "La mission locale" not in names["under-15"]
    assert len(names[""]) == len(triage.REFERRALS)
    page = client.get("/parler/guide", {"c": "vi.k3.q3.x1", "lieu": "45200"}).content.decode()
    assert "Mission locale de Montargis" in page and "lu le" in page
    assert "pas" in client.get("/parler/guide", {"c": "vi.k3.q3.x1", "lieu": "Nulle-Part-sur-Rien"}).content.decode()


@pytest.mark.django_db
def test_the_sheet_answers_about_diplomas(client, now, line):
    builders.occupation(
        "aide-a-domicile",
        name="Aide à domicile",
        short_name="aide à domicile",
        feminine="",
        masculine="",
        key="aide a domicile",
        digest="guide",
        no_diploma=True,
        diplomas=[{"name": "Titre ADVF", "duration": "6 à 12 mois", "level": 3}],
    )
    page = client.get("/parler/guide", {"c": "me.md", "metier": "aide à domicile"}).content.decode()
    assert "sans diplôme" in page and "Titre ADVF" in page and "Fiche vérifiée le" in page
    assert (
        "Je ne trouve pas" in client.get("/parler/guide", {"c": "me.md", "metier": "pilote de dragon"}).content.decode()
    )


def test_whoever_has_a_file_somewhere_finds_their_words():
    """Of any gender, and the same words in the guided start as on the page of one's situation."""
    (asked,) = [choice.label for choice in script().nodes["suivi"].choices if choice.sets.get("known") == "known"]
    assert asked == Conversation.Known.NOT_ACCOMPANIED.label == "J’y ai un dossier, mais personne ne me suit"
