"""What the catalogue has for those who look after it."""

from django.urls import reverse

from relais.foundation.jinja import plural
from relais.foundation.today import Task, awaits

from . import selectors


@awaits
def reported_offers(user, now):
    if offers := selectors.reported_offers(user):
        words = f"{len(offers)} {plural(len(offers), 'offre signalée', 'offres signalées')}"
        yield Task(words, "Décider", reverse("offer_reports"), since=offers[0].first)
