"""What is done with testimonies."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction

from relais.accounts.models import Organisation
from relais.catalogue.models import Occupation

from .models import Story

DEMO = Path(__file__).parent / "content" / "demo.toml"


class UnknownOccupation(Exception):
    """A testimony names an occupation sheet that is not in the database: import the sheets first."""


@transaction.atomic
def load_demo_stories(*, organisation: Organisation, now: datetime) -> list[Story]:
    """Write the demonstration testimonies of content/demo.toml, as that file says now, in its order.

    Safe to run twice: what was published keeps its date. Raises UnknownOccupation.
    """
    entries = tomllib.loads(DEMO.read_text("utf-8"))["stories"]
    missing = {entry["occupation"] for entry in entries} - set(Occupation.objects.values_list("slug", flat=True))
    if missing:
        raise UnknownOccupation(f"No occupation sheet named: {', '.join(sorted(missing))}.")
    stories = []
    for place, entry in enumerate(entries):
        values = {name: entry[name] for name in ("title", "person", "employer", "place")}
        values |= {"occupation_id": entry["occupation"], "lines": [{"text": text} for text in entry["lines"]], "is_demo": True}
        # Nobody real is shown, so there is nobody to ask: the one way to be published without passing the gates.
        values |= {"organisation": organisation, "state": Story.State.PUBLISHED, "shows_somebody": False}
        # The list shows the last published first: a minute apart keeps the order of the file.
        first = values | {"published_at": now - timedelta(minutes=place)}
        story, _ = Story.objects.update_or_create(slug=entry["slug"], defaults=values, create_defaults=first)
        stories.append(story)
    return stories
