"""One of each, made by the services and printed as JSON. Runs inside `relais shell`, on the data of the site under test."""

import json
from datetime import timedelta
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from relais.accounts import reading, sites
from relais.accounts import services as accounts
from relais.accounts.models import Invitation, Membership, Role, User
from relais.accounts.second_factor import authenticator, new_secret
from relais.agenda.models import MeetingPlace
from relais.campaigns import bringing
from relais.catalogue.models import Commune, ImportRun, JobOffer, OfferReport, Structure, Training
from relais.catalogue.tables import services as tables
from relais.channels import accounts as ways
from relais.channels import opt_outs
from relais.channels.models import Inbound
from relais.channels.networks import Comment
from relais.channels.services import receive
from relais.coaching import services
from relais.coaching.models import CannedReply, Conversation, Line, Team
from relais.foundation import meanwhile, schedule
from relais.foundation.models import Outbound, Run, Schedule
from relais.foundation.outbox import enqueue
from relais.foundation.subjects import subject_of
from relais.handovers import services as handovers
from relais.safeguarding import danger
from relais.stories.models import Story
from relais.stories.questions import comments, content_reports, moderation, questions
from relais.stories.studio import rights
from relais.stories.tests.asking import answering

from .conversations import answered, conversation, fixed_days, link, people, proposed, sent, told, unaged

PASSWORD = "une phrase longue et sans mystère"


def account(name: str, *, role: str = "", second_factor: bool = False, approved: bool = True) -> None:
    email = f"{name}@essai.invalid"
    user = User.objects.create_user(
        email, PASSWORD, display_name=name.capitalize(), approved_at=timezone.now() if approved else None
    )
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    told[name] = {"email": email, "password": PASSWORD}
    if role:
        Membership.objects.create(user=user, organisation=people["mediator"].memberships.get().organisation, role=role)
    if second_factor:
        told[name]["secret"] = new_secret()
        authenticator(user, told[name]["secret"]).save()


def asked() -> None:
    """One question under a testimony in each state: {name: the secret of its receipt, name_id: its number}; an answer, two notices."""
    story, who = (
        Story.objects.get(slug="etre-au-coeur-de-leur-histoire"),
        {"user": people["mediator"], "now": timezone.now()},
    )
    kept = {}
    bodies = {"waiting": "Je suis au collège Jean Moulin, c’est possible ?", "alarming": "j’ai envie de mourir ce soir"}
    for name in ("waiting", "alarming", "refused", "private", "erased", "removed", "shown"):
        body = bodies.get(name, f"Il faut un diplôme pour l’essai {name} ?")
        kept[name], secret = questions.ask(
            story=story, pseudonym="Essai 10", body=body, key=uuid4(), touch="", now=timezone.now()
        )
        told.setdefault("asked", {}).update({name: secret, f"{name}_id": str(kept[name].pk)})
    moderation.refuse(question=kept["refused"], reason="Déjà posée.", **who)
    moderation.make_private(question=kept["private"], **who)
    questions.take_back(question=kept["erased"], now=timezone.now())
    for name in ("removed", "shown"):
        moderation.show(question=kept[name], text=kept[name].body, pseudonym="Essai 10", **who)
    moderation.answer(question=kept["shown"], body="Pas au début.", key=uuid4(), **who)
    given = moderation.give_link(question=kept["shown"], **who)
    told["asked"]["answering"] = answering(given)
    moderation.answer_by_link(secret=told["asked"]["answering"], body="Non.", key=uuid4(), now=timezone.now())
    for name, about in (("notice", "shown"), ("decided", "removed")):
        text = content_reports.Text(story, kept[about])
        notice, secret = content_reports.report(
            text=text, ground="false", details="C’est faux.", email="", key=uuid4(), now=timezone.now()
        )
        told["asked"].update({name: secret, f"{name}_id": str(notice.pk)})
    content_reports.decide(
        notice=notice, user=people["supervisor"], decision="removed", reasons="C’est inexact.", now=timezone.now()
    )


def commented() -> None:
    """A comment read below a reel in each state that shows another page: {name_id: its number}."""
    now, user = timezone.now(), people["mediator"]
    story = Story.objects.get(slug="etre-au-coeur-de-leur-histoire")
    copy = rights.add_copy(
        story=story, user=user, channel="instagram", address="https://www.instagram.com/reel/DSessai_1-x/", now=now
    )
    bodies = {
        "comment": "Il faut un diplôme ? mon snap c’est lola.dub45",
        "comment_alarming": "j’ai envie de mourir ce soir",
        "comment_answered": "C’est payé combien ?",
    }
    kept = {}
    for number, (name, body) in enumerate(bodies.items()):
        written = Comment(f"c{number}", copy.address, f"c{number}", body, now - timedelta(minutes=number))
        kept[name] = comments.take(network="instagram", account="178", copy=copy, comment=written, now=now)
        told["asked"][f"{name}_id"] = str(kept[name].pk)
    answered = kept["comment_answered"]
    for kind, body in (
        ("answer", "Le Smic au début, plus ensuite."),
        ("invitation", comments.invitation(answered.comment)),
    ):
        seen = meanwhile.fingerprint(comments.replies_told(answered))
        comments.reply(question=answered, user=user, kind=kind, body=body, seen=seen, key=uuid4(), now=now)
    sent = Outbound.objects.filter(about=answered.pk).order_by("created_at", "id").first()
    Outbound.objects.filter(pk=sent.pk).update(
        state=Outbound.State.AMBIGUOUS,
        error="Le programme s’est arrêté pendant l’envoi : parti ou non, on ne sait pas.",
    )


def endangered() -> None:
    """A conversation with an alarm, and a danger file in each state that shows another form."""
    now = timezone.now()
    held = conversation("alarming")
    services.claim(conversation=held, user=people["mediator"], now=now)
    services.write(journey=held.journey, body="mon beau-père me frappe, j’ai envie de mourir", key=uuid4(), now=now)
    for name in ("danger_open", "danger_read", "danger_decided"):
        file = danger.open_file(
            subject=subject_of(held),
            user=people["mediator"],
            level="B",
            facts="Elle écrit : « il me frappe ».",
            second_reader=people["mediator_2"],
            now=now,
        )
        if name != "danger_open":
            file = danger.read_twice(file=file, user=people["supervisor"], level="A", opinion="Plus grave.", now=now)
        if name == "danger_decided":
            said = {
                "decision": "crip",
                "reasons": "Coups répétés.",
                "parents": "not-told",
                "parents_reason": "L’auteur vit au foyer.",
            }
            danger.decide(file=file, user=people["supervisor"], now=now, **said)
        told[name] = {"id": str(file.pk)}


def bursts() -> None:
    """Two bursts of alarms: one that nobody has read, one that was said to be none."""
    now, told["together"] = timezone.now(), {}
    for name, network in (("unread", "192.0.2.7"), ("said", "192.0.2.8")):
        for number in range(6):
            opened = services.open_conversation(
                line=Line.objects.get(slug="demonstration"),
                pseudonym=f"Essai {number}",
                commune=None,
                touch="",
                body="j’en peux plus",
                key=uuid4(),
                now=now,
                origin=network,
            ).conversation
        group = Conversation.objects.get(pk=opened.pk).alarm_group
        told["together"][name] = str(group.pk)
        if name == "said":
            group.alarms.update(is_false=True, together="joke", seen_at=now, seen_by=people["mediator"])


def brought(user) -> None:
    """Tables on their way into the catalogue: to be matched, rehearsed, of no use."""
    files = {"brought": "Foyer;Orléans;45000", "rehearsed": "Foyer;Orléans;45000\nSans lieu;;", "useless": ";Orléans;"}
    told["table"], now = {}, timezone.now()
    for name, rows in files.items():
        data = f"Nom;Ville;CP\n{rows}\n".encode()
        made = tables.bring(
            user=user, organisation=user.memberships.get().organisation, name=f"{name}.csv", data=data, now=now
        )
        if name != "brought":
            tables.match(
                table_id=made.pk,
                user=user,
                columns={"name": 0, "commune": 1, "postcode": 2},
                kind="service",
                missing="keep",
                now=now,
            )
        told["table"][name] = str(made.pk)


def brought_touches(user) -> None:
    """The same of touches."""
    files = {"listed": "Affiche gare;Orléans", "tried": "Affiche gare;Orléans\n--;", "vain": "--;"}
    now, organisation = timezone.now(), user.memberships.get().organisation
    for name, rows in files.items():
        data = f"Nom;Ville\n{rows}\n".encode()
        made = bringing.bring(user=user, organisation=organisation, name=f"{name}.csv", data=data, now=now)
        if name != "listed":
            matching = {"columns": {"label": 0, "place": 1}, "kind": "poster"}
            bringing.match(table_id=made.pk, user=user, now=now, **matching)
        told["table"][name] = str(made.pk)


def _mail() -> dict[str, str]:
    """The secrets below the letters of somebody who receives them, and of somebody who wants no more."""
    now, on, off = timezone.now(), "recoit@essai.invalid", "refuse@essai.invalid"
    opt_outs.add(channel="email", address=off, how="link", now=now)
    return {name: opt_outs.address_for(to, None, now=now).rpartition("/")[2] for name, to in (("on", on), ("off", off))}


def set_aside(owner):
    """A long letter that a program took for an automatic answer."""
    letter = {"sender": "lou@essai.invalid", "subject": "Absence", "body": "Je ne suis pas là. " * 50}
    row, _ = receive(channel="email", provider_id="essai", at=timezone.now(), reason="automatic", **letter)
    Inbound.objects.filter(pk=row.pk).update(owner=owner)
    return row.pk


@transaction.atomic
def make() -> None:
    people.update(accounts.ensure_demo_people(now=timezone.now()))
    conversation("waiting")
    conversation("soon", timedelta(minutes=20))
    conversation("late", timedelta(hours=2))
    answered("answered")
    services.close(conversation=answered("closed"), user=people["mediator"], now=timezone.now())
    services.ask_callback(
        journey=answered("callback").journey, kind="email", value="lou@exemple.fr", now=timezone.now()
    )
    proposed("proposed")
    sent("sent")
    sent("expired")
    sent("reused")
    handovers.accept(handover=sent("accepted"), now=timezone.now())
    told["accepted"]["follow"] = link(f"follow-up:{told['accepted']['handover']}")
    handovers.refuse(handover=sent("refused"), reason="Plus de place ce mois-ci.", now=timezone.now())
    withdrawn = sent("withdrawn")
    handovers.withdraw(handover=withdrawn, journey=withdrawn.conversation.journey, now=timezone.now())
    handover = proposed("declined")
    handovers.decline(handover=handover, journey=handover.conversation.journey, now=timezone.now())
    unaged()
    fixed_days()
    account("waiting-account", approved=False, role=Role.MEDIATOR, second_factor=True)
    account("newcomer", role=Role.MEDIATOR)
    account("regular", role=Role.MEDIATOR, second_factor=True)
    accounts.invite(
        actor=people["administrator"],
        email="invitee@essai.invalid",
        organisation=people["mediator"].memberships.get().organisation,
        role=Role.MEDIATOR,
        now=timezone.now(),
    )
    letter = Outbound.objects.get(key=f"invitation:{Invitation.objects.get(email='invitee@essai.invalid').id}").payload[
        "text"
    ]
    told["mail"] = _mail()
    told["invitation"] = {"link": "/pro/invitation/" + letter.partition("/pro/invitation/")[2].split()[0]}
    told["people"] = {key: str(user.pk) for key, user in people.items()}
    line = Line.objects.get(slug="demonstration")
    told["line"] = {"id": str(line.pk), "organisation": str(line.organisation_id)}
    for name, model in (("reply", CannedReply), ("team", Team), ("place", MeetingPlace)):
        told["line"][name] = str(model.objects.filter(organisation=line.organisation).order_by("pk").first().pk)
    told["structure"] = {"id": str(Structure.objects.get(source_id="45001S00").pk)}
    now = timezone.now()
    place = {
        "commune": Commune.objects.get(insee="45208"),
        "place": "Montargis",
        "origin": "Essai",
        "seen_at": now,
        "is_demo": True,
        "source": "essai",
    }
    offer = JobOffer.objects.create(
        source_id="1",
        title="Aide à domicile (F/H)",
        description="Un essai.",
        rome="K1304",
        contract="CDI",
        contract_label="CDI",
        employer="Les Tilleuls",
        published_at=now,
        refreshed_at=now,
        **place,
    )
    training = Training.objects.create(
        source_id="1", title="Diplôme d’État d’aide-soignant", rome=["J1501"], organisation="Le Verger", **place
    )
    report = OfferReport.objects.create(offer=offer, ground=OfferReport.Ground.FILLED, reported_at=now)
    told["catalogue"] = {
        "offer": str(offer.pk),
        "training": str(training.pk),
        "report": str(report.pk),
        "run": str(ImportRun.objects.latest("started_at").pk),
    }
    brought(people["supervisor"])
    brought_touches(User.objects.get(display_name="Inès"))
    asked()
    commented()
    endangered()
    bursts()
    # Pages about one conversation are shown once it was opened.
    theirs = [told[name]["id"] for name in ("answered", "unaged", "young", "joint", "booked", "missed")]
    reading.open_files(user=people["mediator"], kind="conversation", subjects=theirs, reason="held", now=now)
    reading.open_file(
        user=people["supervisor"], kind="conversation", subject=told["answered"]["id"], reason="supervision", now=now
    )
    # The installation under its usual name: every page looks the same, and the page of its site exists.
    team = people["administrator"].memberships.get().organisation
    opened = sites.open_site(actor=people["administrator"], organisation=team, host="127.0.0.1", now=now)
    told["named"] = {"id": str(opened.pk), "organisation": str(team.pk)}
    # An account for SMS that serves, and another that waits for a second person.
    values = {"dialect": "json", "url": "https://sms.exemple.invalid", "key": "essai", "sender": "Relais"}
    served = ways.ask(channel="sms", owner=team.pk, values=values, by=people["administrator"].pk, now=now)
    ways.confirm(served, by=people["supervisor"].pk, now=now)
    ways.ask(channel="sms", owner=team.pk, values=values, by=people["supervisor"].pk, now=now)
    # Something that should have been done by itself, and was not.
    schedule.ensure(now)
    job = Schedule.objects.get(job="import-formations-lheo")
    words = {"words": "La source a été refusée, rien n’a changé.", "said": "centre.xml is not whole XML."}
    Run.objects.create(schedule=job, state=Run.State.FAILED, started_at=now, ended_at=now, **words)
    # A letter of which nobody knows whether it left.
    owner = people["mediator"].memberships.get().organisation_id
    letter = {"to": "accueil@essai.invalid", "subject": "Une demande vous est adressée", "text": "…"}
    told["aside"] = {"id": str(set_aside(owner))}
    enqueue("email", key="essai", payload=letter, now=timezone.now(), owner=owner)
    Outbound.objects.filter(key="essai").update(state=Outbound.State.AMBIGUOUS, error="Arrêt pendant l’envoi.")
    print(json.dumps(told))
