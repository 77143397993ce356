"""What the catalogue has for those who look after it."""

from django.urls import reverse

from relais.foundation.jinja import plural
from relais.foundation.today import Task, awaits, together

from . import selectors


@awaits(at="offer_reports")
def reported_offers(user, now):
    offers = selectors.offers_to_decide(user)

    def task(number):
        words = f"{number} {plural(number, 'offre signalée', 'offres signalées')}"
        return Task(words, "Décider", reverse("offer_reports"), since=offers.values_list("first", flat=True).first())

    return together(offers, task)
