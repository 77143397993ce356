"""What one open page costs a site that has thousands: asked for when it is of use, and once at a time."""

import re

from playwright.sync_api import expect

from .conftest import DESK

LIST = re.compile(r"/pro/conversations/liste")


def asked_while(page, path: str, milliseconds: int) -> int:
    asked = []
    page.on("request", lambda request: asked.append(request.url) if path in request.url else None)
    page.clock.run_for(milliseconds)
    page.wait_for_load_state("load")
    return len(asked)


def test_the_place_in_the_queue_is_asked_only_while_one_waits(phone, states):
    seen = {}
    # Other tests write in some of these: what each is now is read on its page.
    for name in ("waiting", "answered", "closed", "accepted", "booked"):
        young = phone(journey=states[name]["cookie"])
        young.clock.install()
        young.goto("/parler")
        waits = young.locator("#attente [data-waits]").count() == 1
        if waits not in seen:
            seen[waits] = asked_while(young, "/parler/attente", 125_000)
        young.context.close()
    assert seen == {True: 4, False: 0}


def test_a_list_that_rings_all_the_time_is_asked_for_once_at_a_time(person):
    young, sarah = person(viewport=DESK), person("Sarah")
    sarah.goto("/pro/conversations/")
    held = []
    sarah.route(LIST, lambda route: held.append(route))
    young.goto("/parler")
    young.get_by_label("Ton message").fill("Bonjour de la liste")
    young.get_by_role("button", name="Envoyer").click()
    expect(young.locator("#fil")).to_contain_text("Bonjour de la liste")
    for number in range(4):
        young.get_by_label("Ton message").fill(f"Encore {number}")
        young.get_by_role("button", name="Envoyer").click()
        expect(young.locator("#fil")).to_contain_text(f"Encore {number}")
        sarah.wait_for_timeout(600)
    assert len(held) == 1, "the second waits for the answer of the first"
    held[0].continue_()
    expect(sarah.locator(".inbox")).to_contain_text("à prendre")
    sarah.wait_for_timeout(100)
    for _ in range(50):
        if len(held) > 1:
            break
        sarah.wait_for_timeout(200)
    assert len(held) == 2, "what rang meanwhile is asked for"
    held[1].continue_()
