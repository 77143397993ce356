"""No path between a minor and a volunteer whose check is not valid that very day, whatever the door, page or stream."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone

from relais.accounts import volunteers as checks
from relais.accounts.models import VolunteerCheck
from relais.coaching import services
from relais.coaching.desk import transfers, volunteers
from relais.coaching.live import DeskFeed, InboxFeed
from relais.coaching.models import Callback, Conversation, Message
from relais.foundation.models import EventRecord
from relais.foundation.refusals import NotAllowed, SecondPersonNeeded
from relais.foundation.subjects import subject_of
from relais.safeguarding import alarms
from relais.safeguarding.models import Alarm

pytestmark = pytest.mark.django_db
AGES = ["", *Conversation.AgeBand.values]
CHECKS = {
    "none": None,
    "expired yesterday": -1,
    "expires today": 0,
    "expires tomorrow": 1,
    "revoked": 30,
    "somebody else's": 30,
}
HOLDERS = ["them", "a colleague", "nobody"]
VERBS = ("prendre", "relais", "danger", "alarme", "confier", "reunir")


@pytest.fixture
def entrusted(write, people):
    """entrusted(age, supervised) → a conversation that the volunteer holds."""

    def make(age="", supervised=True, holder="them"):
        found = write(key=uuid4())
        who = {"them": people["volunteer"], "a colleague": people["mediator"], "nobody": None}[holder]
        Conversation.objects.filter(pk=found.conversation.pk).update(
            age_band=age,
            claimed_by=who,
            claimed_at=found.conversation.opened_at,
            supervised_by=people["supervisor"] if supervised else None,
        )
        return Conversation.objects.select_related("journey", "line").get(pk=found.conversation.pk)

    return make


@pytest.mark.parametrize("check", CHECKS)
def test_no_path_over_the_whole_matrix(entrusted, checked, people, client_for, check, now):
    """Age × check × supervised × holder; reading by page, news, stream and list; writing by page and by service."""
    volunteer = people["volunteer"]
    if CHECKS[check] is not None:
        made = checked(CHECKS[check], user=people["mediator"] if check == "somebody else's" else None)
        if check == "revoked":
            checks.revoke(check=made, by=people["supervisor"], now=now)
    desk = client_for(volunteer)
    cookies = {settings.SESSION_COOKIE_NAME: desk.cookies[settings.SESSION_COOKIE_NAME].value}
    paths = 0
    for turn, (age, supervised, holder) in enumerate(product(AGES, (True, False), HOLDERS)):
        conversation = entrusted(age, supervised, holder)
        adult = age in ("18-25", "26-plus")
        may = holder == "them" and (adult or (supervised and check == "expires tomorrow"))
        address = f"/pro/conversations/{conversation.pk}/"
        said = f"{age or 'unknown'}, supervised {supervised}, {holder}"
        assert (desk.get(address).status_code == 200) is may, said
        assert (desk.get(f"{address}suite").status_code == 200) is may, said
        assert DeskFeed().authorise(cookies, str(conversation.pk)) is None, (
            "a volunteer's page asks again, so that the right ends at once"
        )
        assert (address in desk.get("/pro/conversations/liste").content.decode()) is may, said
        answer = desk.post(f"{address}repondre", {"body": "Bonjour", "key": uuid4()})
        assert (answer.status_code == 302) is may, said
        # What they hold, by every way; what they do not, by one way each in turn.
        for verb in VERBS if holder == "them" else VERBS[turn % len(VERBS) :][:1]:
            assert desk.post(f"{address}{verb}").status_code in ((302, 404) if verb == "prendre" and may else (404,)), (
                f"{said}: {verb}"
            )
        if not may:
            with pytest.raises(NotAllowed):
                services.reply(conversation=conversation, user=volunteer, body="Bonjour", key=uuid4(), now=now)
            with pytest.raises(NotAllowed):
                services.claim(
                    conversation=conversation, user=volunteer, now=now
                ) if holder != "them" else services.release(conversation=conversation, user=volunteer, now=now)
        sent = Message.objects.filter(conversation=conversation, author=volunteer).count()
        assert sent == int(may), said
        paths += sent if not adult else 0
    assert paths == (3 if check == "expires tomorrow" else 0)
    assert InboxFeed().authorise(cookies, str(conversation.line.organisation_id)) is None


def test_access_ends_within_the_minute_of_midnight(entrusted, checked, people, monkeypatch, now):
    checked(1)
    conversation = entrusted("15-17")
    seen = Conversation.objects.visible_to(people["volunteer"]).filter(pk=conversation.pk)
    assert seen.exists()
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: midnight - timedelta(seconds=1))
    assert (
        seen.all().exists() and Conversation.objects.visible_to(people["volunteer"]).filter(pk=conversation.pk).exists()
    )
    monkeypatch.setattr(timezone, "now", lambda: midnight + timedelta(seconds=1))
    assert not Conversation.objects.visible_to(people["volunteer"]).filter(pk=conversation.pk).exists()
    # Somebody else answers: what they held is the team's again, with its promise.
    assert volunteers.take_back(midnight + timedelta(seconds=1)) == 1
    conversation.refresh_from_db()
    assert conversation.claimed_by is None
    assert volunteers.take_back(midnight + timedelta(seconds=2)) == 0


def test_adults_stay_with_their_volunteer(entrusted, people, now):
    adult, minor = entrusted("18-25"), entrusted("under-15")
    assert volunteers.take_back(now) == 1
    adult.refresh_from_db()
    minor.refresh_from_db()
    assert adult.claimed_by == people["volunteer"] and minor.claimed_by is None


def test_who_turns_out_to_be_a_minor_is_out_of_reach_at_once(entrusted, people, now):
    conversation = entrusted("18-25")
    assert Conversation.objects.visible_to(people["volunteer"]).exists()
    Conversation.objects.filter(pk=conversation.pk).update(age_band="15-17")
    assert not Conversation.objects.visible_to(people["volunteer"]).exists()
    with pytest.raises(NotAllowed):
        services.reply(conversation=conversation, user=people["volunteer"], body="x", key=uuid4(), now=now)


def test_a_supervisor_entrusts_and_reads_all(write, checked, people, client_for, now):
    conversation = write().conversation
    given = {"conversation": conversation, "volunteer": people["volunteer"], "reason": "calme", "now": now}
    with pytest.raises(transfers.CannotReceive):
        volunteers.entrust(by=people["supervisor"], **given)
    checked()
    with pytest.raises(NotAllowed):
        volunteers.entrust(by=people["mediator"], **given)
    held = volunteers.entrust(by=people["supervisor"], **given)
    held.refresh_from_db()
    assert (held.claimed_by, held.supervised_by) == (people["volunteer"], people["supervisor"])
    assert EventRecord.objects.get(name="conversation.entrusted").data == {"minor": True}
    services.reply(conversation=held, user=people["volunteer"], body="Bonjour, moi c’est Léo.", key=uuid4(), now=now)
    boss = client_for(people["supervisor"])
    address = f"/pro/conversations/{held.pk}/"
    boss.post(f"{address}raison", {"reason": "supervision"})
    assert "moi c’est Léo" in boss.get(address).content.decode()


def test_entrusting_by_its_page(write, checked, people, client_for):
    conversation = write().conversation
    boss, address = client_for(people["supervisor"]), f"/pro/conversations/{conversation.pk}/confier"
    boss.get(f"/pro/conversations/{conversation.pk}/")
    assert "pas de vérification valable" in boss.get(address).content.decode()
    said = {"volunteer": people["volunteer"].pk, "reason": "calme"}
    assert boss.post(address, said).status_code == 422
    checked()
    assert boss.post(address, said).status_code == 302
    assert Conversation.objects.get().claimed_by == people["volunteer"]
    assert boss.post(address, {"volunteer": people["mediator"].pk, "reason": "x"}).status_code == 422


@pytest.mark.parametrize(
    "body", ["mon 06 : 06 12 34 56 78", "leo@exemple.org", "ajoute leo_g sur insta", "discord.gg/leo"]
)
def test_a_volunteer_offers_no_contact_and_keeps_their_text(entrusted, checked, people, client_for, body):
    checked()
    for age in ("15-17", "26-plus"):
        conversation = entrusted(age)
        answer = client_for(people["volunteer"]).post(
            f"/pro/conversations/{conversation.pk}/repondre", {"body": body, "key": uuid4()}
        )
        page = answer.content.decode()
        assert answer.status_code == 422 and "moyen de contact" in page and body in page
    assert not Message.objects.filter(author=people["volunteer"]).exists()


def test_a_volunteer_sees_no_way_to_reach_somebody_and_does_not_end_an_alarm(
    entrusted, checked, people, client_for, now
):
    checked()
    conversation = entrusted("15-17")
    Callback.objects.create(conversation=conversation, kind="phone", value="06 99 88 77 66", asked_at=now)
    services.write(journey=conversation.journey, body="je veux mourir", key=uuid4(), now=now)
    page = client_for(people["volunteer"]).get(f"/pro/conversations/{conversation.pk}/").content.decode()
    assert "06 99 88 77 66" not in page and "idées de suicide" in page and "Fausse alerte" not in page
    with pytest.raises(NotAllowed):
        alarms.acknowledge(
            subject=subject_of(conversation),
            user=people["volunteer"],
            read=[Alarm.objects.get().pk],
            is_false=False,
            reason="",
            now=now,
        )
    assert Alarm.objects.open().count() == 1


# --- their checks


def made(people, now, **changes):
    today = timezone.localdate(now)
    said = {
        "number": "H-1",
        "issued_on": today - timedelta(days=30),
        "verified_on": today,
        "expires_on": checks.last_day(today),
    }
    return checks.record_check(
        **({"user": people["volunteer"], "by": people["supervisor"], "now": now} | said | changes)
    )


def test_a_check_is_its_number_and_its_dates(people, now):
    check = made(people, now)
    assert check.expires_on.year == check.verified_on.year + 3
    assert EventRecord.objects.get(name="volunteer.checked").data == {
        "user": str(people["volunteer"].pk),
        "by": str(people["supervisor"].pk),
    }
    assert not [field for field in VolunteerCheck._meta.get_fields() if "File" in type(field).__name__]


# Asked on the day of the test: one that begins before midnight may end after it.
REFUSED = {
    "issued tomorrow": lambda today: {"issued_on": today + timedelta(days=1)},
    "verified tomorrow": lambda today: {"verified_on": today + timedelta(days=1)},
    "too old": lambda today: {"issued_on": checks.months_after(today, -6)},
    "too long": lambda today: {"expires_on": checks.last_day(today) + timedelta(days=1)},
    "over already": lambda today: {"expires_on": today},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_dates_that_cannot_be(people, now, changes):
    with pytest.raises(checks.NotAcceptable):
        made(people, now, **changes(timezone.localdate(now)))
    assert not VolunteerCheck.objects.exists()


def test_six_months_less_a_day_is_fresh(people, now):
    today = timezone.localdate(now)
    assert made(people, now, issued_on=checks.months_after(today, -6) + timedelta(days=1))


def test_who_cannot_be_checked(people, make_user, now):
    with pytest.raises(SecondPersonNeeded):
        made(people, now, by=people["volunteer"])
    with pytest.raises(checks.NotAcceptable):
        made(people, now, user=people["mediator"])
    made(people, now)
    other = make_user("volunteer", organisation=people["supervisor"].memberships.get().organisation)
    with pytest.raises(checks.NotAcceptable, match="déjà"):
        made(people, now, user=other, number="h-1")


def test_checks_by_their_page(people, make_user, client_for, now):
    boss, stranger = client_for(people["supervisor"]), client_for(make_user("supervisor"))
    today = timezone.localdate()
    page = boss.get("/pro/equipe/benevoles/").content.decode()
    assert "Léo Garnier" in page and "aucune personne mineure" in page
    said = {
        "user": people["volunteer"].pk,
        "number": "H-7",
        "issued_on": today,
        "verified_on": today,
        "expires_on": checks.last_day(today),
    }
    assert stranger.post("/pro/equipe/benevoles/", said).status_code == 422
    assert boss.post("/pro/equipe/benevoles/", said | {"expires_on": today}).status_code == 422
    assert boss.post("/pro/equipe/benevoles/", said).status_code == 302
    check = VolunteerCheck.objects.get()
    assert stranger.post(f"/pro/equipe/benevoles/{check.pk}/retirer").status_code == 404
    assert boss.post(f"/pro/equipe/benevoles/{check.pk}/retirer").status_code == 302
    assert not VolunteerCheck.objects.valid(today).exists()
