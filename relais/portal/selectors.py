"""Reads over several domains."""

from datetime import datetime, timedelta

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import resolve
from django.utils.module_loading import autodiscover_modules

from relais.catalogue.models import Occupation
from relais.foundation import loops, sites
from relais.foundation.models import Heartbeat
from relais.stories.models import Story

PAGES = (
    "/",
    "/recherche",
    "/metiers/",
    "/temoignages/",
    "/structures/",
    "/parler",
    "/parler/guide",
    "/parler/reprendre",
    "/promesse",
    "/aide",
    "/mentions-legales",
    "/confidentialite",
    "/accessibilite",
)


def public_addresses(now: datetime, site) -> list[str]:
    """The path of every public page that this site has open, for its map."""
    pages = [path for path in PAGES if sites.is_open(resolve(path).func, site)]
    sheets = Occupation.objects.filter(is_active=True).order_by("slug")
    stories = Story.objects.published(now).order_by("slug")
    return [*pages, *(sheet.get_absolute_url() for sheet in sheets), *(story.get_absolute_url() for story in stories)]


def worker_state(now: datetime) -> dict[str, str]:
    """Each loop that should turn → "ok", "late" (three turns and half a minute) or "never"."""
    autodiscover_modules("tasks")
    beats = {beat.name: beat for beat in Heartbeat.objects.all()}
    states = {}
    for name, loop in sorted(loops.registry.items()):
        beat = beats.get(name)
        limit = timedelta(seconds=3 * loop.every + 30)
        states[name] = "never" if beat is None else "ok" if now - beat.at <= limit else "late"
    return states


def migrations_applied() -> bool:
    """Whether the database has every migration of this code."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
