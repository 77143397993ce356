"""Letters as programs write them, in the name of a person whom nothing proves: kept aside with what they are, and nothing else moves."""

import pytest
from django.utils import timezone

from relais.channels import opt_outs
from relais.channels import services as channels
from relais.channels.email import reading
from relais.channels.models import Inbound, OptOut
from relais.coaching.messaging import intake
from relais.coaching.models import Conversation, Message
from relais.foundation.models import Outbound

pytestmark = pytest.mark.django_db
LOU = "lou@exemple.invalid"
FROM = f"From: Lou <{LOU}>\r\nTo: bonjour@relais.exemple.invalid\r\nMessage-ID: <x@exemple.invalid>\r\n"
WORDS = "\r\n\r\nJe ne suis pas là avant lundi.\r\n"
REPORT = (
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nThis is the mail system at host mx.exemple.invalid.\r\n"
    "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.exemple.invalid\r\n\r\nFinal-Recipient: rfc822; lou@exemple.invalid\r\n"
    "Action: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
)
WRITTEN = {
    "exchange": (
        f"{FROM}Subject: =?iso-8859-1?Q?R=E9ponse_automatique_=3A_Rendez-vous?=\r\nX-Auto-Response-Suppress: All\r\nAuto-Submitted: auto-generated{WORDS}",
        "automatic",
    ),
    "exchange of before": (f"{FROM}Subject: Absence du bureau : Rendez-vous{WORDS}", "automatic"),
    "exchange rules": (
        f"{FROM}Subject: Rendez-vous\r\nX-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent{WORDS}",
        "automatic",
    ),
    "gmail vacation": (
        f"{FROM}Subject: Re: Rendez-vous\r\nPrecedence: bulk\r\nX-Autoreply: yes\r\nAuto-Submitted: auto-replied{WORDS}",
        "automatic",
    ),
    "zimbra": (
        f"{FROM}Subject: Re: Rendez-vous\r\nAuto-Submitted: auto-replied (zimbra; vacation)\r\nPrecedence: bulk{WORDS}",
        "automatic",
    ),
    "vacation of sieve": (
        f"{FROM}Subject: Auto: Rendez-vous\r\nAuto-Submitted: auto-replied (vacation)\r\nX-Sieve: Pigeonhole{WORDS}",
        "automatic",
    ),
    "cpanel": (f"{FROM}Subject: Absent\r\nX-Autorespond: Rendez-vous\r\nPrecedence: auto_reply{WORDS}", "automatic"),
    "said twice": (f"{FROM}Auto-Submitted: no\r\nAuto-Submitted: auto-replied{WORDS}", "automatic"),
    "postfix": (
        f"Return-Path: <>\r\n{FROM.replace(f'Lou <{LOU}>', 'MAILER-DAEMON@exemple.invalid (Mail Delivery System)')}Auto-Submitted: auto-replied\r\n{REPORT}",
        "bounce",
    ),
    "postfix, in their name": (f"{FROM}Subject: Undelivered Mail Returned to Sender\r\n{REPORT}", "bounce"),
    "exim": (f"{FROM}X-Failed-Recipients: lou@exemple.invalid\r\nSubject: Mail delivery failed{WORDS}", "bounce"),
    "no way back": (f"Return-Path: <>\r\n{FROM}Subject: x{WORDS}", "bounce"),
    "receipt": (
        f"{FROM}Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nLu.\r\n--b--\r\n",
        "bounce",
    ),
    "sympa": (
        f"{FROM}X-Loop: infos@exemple.invalid\r\nX-Sequence: 12\r\nPrecedence: list\r\nList-Id: <infos.exemple.invalid>{WORDS}",
        "list",
    ),
    "mailman": (
        f"{FROM}X-BeenThere: infos@exemple.invalid\r\nX-Mailman-Version: 2.1.39\r\nSender: infos-bounces@exemple.invalid{WORDS}",
        "list",
    ),
    "mailman 3": (
        f"{FROM}List-Post: <mailto:infos@exemple.invalid>\r\nArchived-At: <https://exemple.invalid/1>{WORDS}",
        "list",
    ),
    "newsletter": (f"{FROM}List-Unsubscribe: <https://exemple.invalid/non>{WORDS}", "list"),
}


def bring(raw: str, verified: str) -> Inbound:
    """The letter at the door, read and handed over."""
    said = f"Authentication-Results: mx; dmarc={verified} header.from=exemple.invalid\r\n" if verified else ""
    channels.keep(channel="email", shape="mime", raw=(said + raw).encode(), at=timezone.now())
    reading.read_all(timezone.now())
    channels.deliver(intake.take, now=timezone.now())
    return Inbound.objects.latest("received_at")


@pytest.mark.parametrize("verified", ["", "fail", "pass"])
@pytest.mark.parametrize("program", WRITTEN)
def test_it_opens_nothing_answers_nothing_and_is_kept_for_a_human(
    settings, line, people, client_for, program, verified
):
    settings.EMAIL_CHECKED_BY = "mx"
    raw, reason = WRITTEN[program]
    row = bring(raw, verified)
    assert (row.state, row.reason) == ("ignored", reason)
    assert not Conversation.objects.exists() and not Outbound.objects.exists()
    page = client_for(people["supervisor"]).get("/pro/entrees/").content.decode()
    assert Inbound.Reason(reason).label in page and "1 message mis de côté" in page


@pytest.mark.parametrize("program", ["exchange", "gmail vacation", "postfix, in their name", "sympa"])
def test_nothing_of_who_bears_the_name_moves(settings, line, program):
    settings.EMAIL_CHECKED_BY = "mx"
    bring(f"{FROM}Subject: Bonjour\r\n\r\nJe cherche un stage.\r\n", "pass")
    opt_outs.add(channel="email", address=LOU, how=OptOut.How.LINK, now=timezone.now())
    before = (
        Conversation.objects.values().get(),
        list(Message.objects.values()),
        set(Outbound.objects.values_list("pk")),
    )
    for number in range(21 if program == "exchange" else 2):
        bring(WRITTEN[program][0].replace("<x@", f"<x{number}@"), "fail")
    assert (
        Conversation.objects.values().get(),
        list(Message.objects.values()),
        set(Outbound.objects.values_list("pk")),
    ) == before
    assert opt_outs.holds("email", LOU, owner=None), "only they themselves begin again"
    # Nor does their own next letter count as one of many.
    assert not bring(f"{FROM.replace('<x@', '<y@')}Subject: Bonjour\r\n\r\nEt vous ?\r\n", "pass").flood


def test_who_answers_an_automatic_answer_is_a_person(line):
    assert (
        bring(
            f"{FROM}Subject: Re: =?utf-8?Q?R=C3=A9ponse_automatique?= : Rendez-vous\r\n\r\nMerci, à lundi.\r\n", ""
        ).state
        == "taken"
    )


@pytest.mark.parametrize("reason", ["list", "bounce"])
def test_danger_is_read_before_one_of_many_is_cut(people, line, now, reason):
    letter = {"channel": "email", "sender": LOU, "at": now, "reason": reason, "whole": "a"}
    for number in range(20):
        channels.receive(provider_id=str(number), body="Bonjour", **letter)
    row, _ = channels.receive(provider_id="20", body="a " * 2000 + "je vais me tuer ce soir", **letter)
    row.refresh_from_db()
    assert row.flood and row.danger and row.body.endswith("ce soir") and row.whole
    own, _ = channels.receive(provider_id="21", body="je vais me tuer ce soir", **letter | {"reason": "own"})
    assert not own.body
