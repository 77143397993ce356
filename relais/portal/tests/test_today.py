"""What awaits somebody: theirs, by deadline, of their organisation only, and gone once done."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from relais.accounts.models import Membership, Site, User, VolunteerCheck
from relais.accounts.services import invite
from relais.catalogue.models import JobOffer, OfferReport
from relais.coaching import services
from relais.coaching.desk import notes
from relais.coaching.models import Conversation, Line
from relais.foundation import today
from relais.foundation.models import Outbound
from relais.foundation.subjects import subject_of
from relais.safeguarding import danger

pytestmark = pytest.mark.django_db


def shown(client) -> list[str]:
    """The sentences of the page, from above."""
    page = client.get("/pro/").content.decode()
    return [
        label.partition(" : ")[2]
        for label in re.findall(r'aria-label="([^"]+ : [^"]+)"', page.partition('id="taches"')[2])
    ]


def test_a_message_awaits_everybody_then_who_took_it_then_nobody(write, people, client_for, now):
    held = write("Bonjour").conversation
    sarah, karim = client_for(people["mediator"]), client_for(people["mediator_2"])
    assert shown(sarah) == shown(karim) == ["Colibri 12 attend, personne ne répond encore"]
    services.claim(conversation=held, user=people["mediator"], now=now)
    assert shown(sarah) == ["Colibri 12 attend votre réponse"] and shown(karim) == []
    services.reply(conversation=held, user=people["mediator"], body="Bonjour !", key=uuid4(), now=now)
    assert shown(sarah) == [] and "Rien ne vous attend." in sarah.get("/pro/").content.decode()


def test_the_nearest_deadline_comes_first_and_a_danger_before_all(write, people, client_for, now):
    later, sooner, alarming = (write(key=uuid4()).conversation for _ in range(3))
    for one, name, minutes in ((later, "Tard", 25), (sooner, "Tôt", 5), (alarming, "Alerte", 28)):
        one.journey.pseudonym = name
        one.journey.save()
        Conversation.objects.filter(pk=one.pk).update(
            due_at=now + timedelta(minutes=minutes), is_alarming=one is alarming
        )
    assert [words.split(" ")[0] for words in shown(client_for(people["mediator"]))] == ["Alerte", "Tôt", "Tard"]


def test_what_is_late_says_so(write, people, client_for, now):
    held = write().conversation
    Conversation.objects.filter(pk=held.pk).update(due_at=now - timedelta(minutes=1))
    assert 'class="late"' in client_for(people["mediator"]).get("/pro/").content.decode()


def test_a_list_that_is_longer_leads_to_the_whole(write, people, client_for):
    for _ in range(today.EACH):
        write(key=uuid4())
    client = client_for(people["mediator"])
    assert len(shown(client)) == today.EACH and "D’autres personnes attendent" not in shown(client)
    write(key=uuid4())
    assert len(shown(client)) == today.EACH + 1 and shown(client)[-1] == "D’autres personnes attendent"


def test_nothing_of_another_organisation(write, people, make_user, client_for, now):
    """Somebody who supervises and administers elsewhere, and answers nowhere here."""
    held = write("Bonjour").conversation
    Conversation.objects.filter(pk=held.pk).update(is_alarming=True)
    stranger = make_user("supervisor")
    Membership.objects.create(user=stranger, organisation=stranger.memberships.get().organisation, role="administrator")
    notes.add_note(conversation=held, author=people["mediator"], body="@Sarah regarde", key=uuid4(), now=now)
    Outbound.objects.create(
        key="x",
        channel="email",
        payload={"to": "a@exemple.invalid"},
        owner=held.line.organisation_id,
        state="failed",
        not_before=now,
        created_at=now,
    )
    assert shown(client_for(stranger)) == [
        f"Ouvrez votre ligne : {stranger.memberships.first().organisation} n’en a pas encore"
    ]
    assert "1 lettre n’est pas partie, ou on ne le sait pas" in shown(client_for(people["supervisor"]))


def test_a_note_that_names_somebody_awaits_them_until_they_read_it(write, people, client_for, now):
    held = write("Bonjour").conversation
    notes.add_note(conversation=held, author=people["mediator"], body="@Karim regarde", key=uuid4(), now=now)
    karim = client_for(people["mediator_2"])
    assert "Sarah vous cite dans une note sur Colibri 12" in shown(karim)
    notes.see_mentions(conversation=held, user=people["mediator_2"], now=now)
    assert "Sarah vous cite dans une note sur Colibri 12" not in shown(karim)


def test_an_account_awaits_the_administration_of_its_organisation(line, people, make_user, client_for):
    organisation = people["administrator"].memberships.get().organisation
    newcomer = make_user(
        "mediator", organisation=organisation, approved=False, display_name="Zoé", full_name="Zoé Nouvelle"
    )
    assert shown(client_for(people["administrator"]))[:1] == [f"Le compte de {newcomer.named} attend votre accord"]
    assert shown(client_for(make_user("administrator"))) == []
    assert shown(client_for(people["mediator"])) == []
    User.objects.filter(pk=newcomer.pk).update(invited_by=people["administrator"])
    words = f"Le compte de {newcomer.named} attend votre accord"
    assert words not in shown(client_for(people["administrator"])), "who invited somebody cannot accept them"
    assert words in shown(client_for(people["administrator_2"]))


def test_before_the_first_line_each_reads_what_is_true_and_can_be_done(people, make_user, client_for, now):
    User.objects.filter(pk=people["supervisor"].pk).update(is_active=False)
    first, second = people["administrator"], people["administrator_2"]
    organisation, client = first.memberships.get().organisation, client_for(first)

    def said(browser=client) -> str:
        return next((words for words in shown(browser) if words.startswith("Aucune ligne n’est encore ouverte")), "")

    assert said().endswith("invitez quelqu’un avec le rôle « Responsable de l’équipe », qui l’ouvrira")
    invite(actor=first, email="zoe@exemple.invalid", organisation=organisation, role="supervisor", now=now)
    assert said().endswith(
        "une invitation attend zoe@exemple.invalid, « Responsable de l’équipe », qui n’a pas encore créé son compte"
    )
    zoe = make_user("supervisor", organisation=organisation, approved=False, full_name="Zoé Nouvelle", invited_by=first)
    assert said().endswith(
        f"le compte de {zoe.named}, « Responsable de l’équipe », attend l’accord d’une autre personne de l’administration"
    )
    assert said(client_for(second)).endswith(
        f"le compte de {zoe.named}, « Responsable de l’équipe », attend votre accord"
    )
    User.objects.filter(pk=zoe.pk).update(approved_at=now)
    zoe.refresh_from_db()
    assert said().endswith(f"c’est à {zoe.named}, « Responsable de l’équipe », de l’ouvrir")
    assert "quelqu’un dont le rôle est « Responsable de l’équipe »" in client.get("/pro/lignes/").text.replace(
        "\xa0", " "
    )
    opens = client_for(zoe)
    assert (
        f"Ouvrez votre ligne : {organisation} n’en a pas encore" in shown(opens)
        and opens.get("/pro/ligne/nouvelle").status_code == 200
    )
    assert 'href="/pro/ligne/nouvelle"' in opens.get("/pro/").text
    Line.objects.create(slug="premiere", name="Première", organisation=organisation, is_fallback=True)
    assert not said() and not any("Ouvrez votre ligne" in words for words in shown(opens))


@pytest.mark.parametrize(("days", "asked"), [(31, False), (30, True), (1, True)])
def test_a_check_that_ends_soon_is_asked_for_again(people, client_for, now, days, asked):
    day = now.astimezone().date()
    VolunteerCheck.objects.create(
        user=people["volunteer"],
        number="1",
        issued_on=day - timedelta(days=60),
        verified_on=day - timedelta(days=50),
        expires_on=day + timedelta(days=days),
        verified_by=people["supervisor"],
    )
    assert any("La vérification de Léo" in words for words in shown(client_for(people["supervisor"]))) is asked


def test_every_action_leads_to_a_page_that_opens(write, people, client_for, now):
    held = write("Bonjour").conversation
    offer = JobOffer.objects.create(
        source="t", source_id="1", title="Aide", digest="", published_at=now, refreshed_at=now, seen_at=now
    )
    OfferReport.objects.create(offer=offer, ground="scam", reported_at=now)
    notes.add_note(conversation=held, author=people["mediator"], body="@Hélène regarde", key=uuid4(), now=now)
    for role in ("mediator", "supervisor", "administrator", "partner", "campaign_manager", "funder", "volunteer"):
        client = client_for(people[role])
        page = client.get("/pro/").content.decode().partition('id="taches"')[2]
        for address in re.findall(r'<a href="([^"]+)" aria-label', page):
            assert client.get(address.partition("#")[0]).status_code in (200, 302), (role, address)


def test_a_second_reading_of_danger_awaits_who_was_named(write, people, client_for, now):
    held = write("Bonjour").conversation
    file = danger.open_file(
        subject=subject_of(held),
        user=people["mediator"],
        level="C",
        facts="Il dit",
        second_reader=people["supervisor"],
        now=now,
    )
    named = client_for(people["supervisor"])
    assert shown(named)[0] == "Un dossier de danger attend votre deuxième lecture"
    assert named.get(f"/pro/danger/{file.pk}/").status_code in (200, 302)
    assert f'href="/pro/danger/{file.pk}/"' in named.get("/pro/").content.decode()
    assert "Un dossier de danger attend votre deuxième lecture" not in shown(client_for(people["mediator_2"]))


@pytest.mark.parametrize("level", ["B", "C"])
def test_a_danger_file_awaits_somebody_until_it_is_closed(write, people, client_for, now, level):
    opener, reader, boss = (people[name] for name in ("mediator", "mediator_2", "supervisor"))
    said = {"level": level, "facts": "Il dit", "second_reader": reader}
    file = danger.open_file(subject=subject_of(write("Bonjour").conversation), user=opener, now=now, **said)
    decide, close = (
        f"Un dossier de danger {words}" for words in ("relu attend une décision", "décidé attend d’être clos")
    )

    def awaits(words):
        return [who for who in (opener, reader, boss) if words in shown(client_for(who))]

    assert awaits(decide) == awaits(close) == []
    danger.read_twice(file=file, user=reader, level=level, opinion="Lu.", now=now)
    assert (awaits(decide), awaits(close)) == ([opener, reader, boss], [])
    decided = {"decision": "support", "reasons": "Suivi.", "parents": "told", "parents_reason": ""}
    danger.decide(file=file, user=reader, now=now, **decided)
    others = [opener, boss] if level == "B" else [opener, reader, boss]
    assert (awaits(decide), awaits(close)) == ([], others), "who decided closes a mere worry only"
    danger.close(file=file, user=boss, now=now)
    assert awaits(decide) == awaits(close) == []


def test_a_line_without_anybody_and_a_site_without_a_line_await_the_administration(people, make_user, client_for, now):
    assert any("Aucune ligne n’est encore ouverte" in words for words in shown(client_for(people["administrator"])))
    empty = make_user("administrator")
    for who in (empty, people["mediator"], people["supervisor"]):
        assert not any("Aucune ligne" in words for words in shown(client_for(who))), (
            "not for who looks after no more than their own"
        )
    Line.objects.create(
        slug="deserte", name="Déserte", organisation=empty.memberships.get().organisation, is_fallback=True
    )
    words = "La ligne « Déserte » n’a plus personne pour répondre"
    assert words in shown(client_for(empty)) and words in shown(client_for(people["administrator"]))
    make_user("mediator", organisation=empty.memberships.get().organisation)
    assert words not in shown(client_for(empty))


def test_a_site_that_does_not_say_who_is_behind_awaits_who_administers_it(people, make_user, client_for):
    host = client_for(people["administrator"])
    assert "Le site n’a encore ni nom ni mentions légales" in shown(host)
    there = make_user("administrator")
    named = {"publisher": "Essai", "publication_director": "Zoé Essai", "hosting": "Chez nous"}
    site = Site.objects.create(organisation=there.memberships.get().organisation, host="essai.invalid", **named)
    assert not any("légales" in words for words in shown(client_for(there)) + shown(host))
    for name in named:
        Site.objects.filter(pk=site.pk).update(**named | {name: ""})
        assert "Les mentions légales du site essai.invalid ne disent pas encore qui est derrière" in shown(
            client_for(there)
        ), name
    assert not any("légales" in words for words in shown(client_for(make_user("administrator")))), (
        "of another organisation"
    )


def test_a_part_that_fails_hides_nothing_of_the_others(write, people, client_for, monkeypatch):
    def broken(user, now):
        yield 1 / 0

    monkeypatch.setattr(today, "registry", {broken: "", **today.registry})
    write("Bonjour")
    told = shown(client_for(people["mediator"]))
    assert "Colibri 12 attend, personne ne répond encore" in told and len(told) == 2


def test_who_has_no_role_is_told(make_user, client_for):
    assert "pas encore de rôle" in client_for(make_user()).get("/pro/").content.decode()


def test_few_queries_however_many_wait(write, people, client_for, django_assert_max_num_queries):
    client = client_for(people["supervisor"])
    for _ in range(4):
        write(key=uuid4())
    client.get(reverse("pro_home"))
    with django_assert_max_num_queries(40):
        client.get(reverse("pro_home"))
