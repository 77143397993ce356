"""A young person and the mediator who holds their conversation, each in their browser, and what left for the partner."""

import re
from uuid import uuid4

from django.test import Client

from relais.catalogue.models import Structure
from relais.coaching.models import Conversation
from relais.foundation.models import EventRecord, Outbound
from relais.handovers.models import Handover

PARTNER = "accueil@exemple.invalid"


class House:
    """A young person's browser, the mediator's who holds their conversation, and what left for the partner."""

    def __init__(self, line, mediator):
        self.young, self.mediator = Client(), mediator

    def writes(self):
        self.young.post("/parler?par=K7QM3", {"body": "Bonjour", "key": uuid4(), "commune": "Montargis"})
        self.conversation = Conversation.objects.get()
        self.desk = f"/pro/conversations/{self.conversation.pk}/"
        self.mediator.post(f"{self.desk}prendre")
        self.mediator.get(self.desk)
        return self

    def says(self, band):
        return (
            self.young.post("/parler/age", {"age_band": band})
            if band
            else self.young.post("/parler/situation", {"age_band": ""})
        )

    def proposes(self, mode="letter"):
        fields = {
            "structure": Structure.objects.get().pk,
            "mode": mode,
            "partner_email": "",
            "summary": "Cherche un stage",
            "key": uuid4(),
        }
        return self.mediator.post(f"{self.desk}relais", fields)

    def agrees(self, mode="letter"):
        self.says("15-17")
        self.proposes(mode)
        handover = Handover.objects.get()
        self.young.post(f"/parler/accord/{handover.pk}", {"choice": "yes", "name": "Lou", "contact": ""})
        return Handover.objects.get()


def text(answer) -> str:
    """The page, its spaces plain."""
    return re.sub("[\u00a0\u202f]", " ", answer.content.decode())


def to_partner():
    return [row for row in Outbound.objects.all() if row.payload.get("to") == PARTNER]


def events():
    return set(EventRecord.objects.filter(name__startswith="handover.").values_list("name", flat=True))
