"""Secrets of addresses in the log: every address that ends in one, with a good one and wrong ones, at every kind of refusal."""

from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from .campaign import Try, attack
from .house import House

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
AWAY = ("foundation_link", "journeys_device", "channels_channelaccount", "accounts_invitation", "foundation_ratebucket")


def routes() -> list[str]:
    """For the process inside: every pattern with a secret, as a path with « {} »."""
    import re

    from django.urls import get_resolver
    from django.urls.resolvers import URLPattern

    found = []

    def walk(patterns, head):
        for one in patterns:
            path = head + str(one.pattern)
            if not isinstance(one, URLPattern):
                walk(one.url_patterns, path)
            elif "<str:secret>" in path:
                found.append(
                    "/"
                    + re.sub(r"<\w+:\w+>", "00000000-0000-4000-8000-000000000000", path.replace("<str:secret>", "{}"))
                )
            elif one.name in ("account_reset_password_from_key", "account_confirm_email"):
                found.append("/compte/password/reset/key/1-{}/" if "password" in path else "/compte/confirm-email/{}/")

    walk(get_resolver().url_patterns, "")
    return sorted(found)


def _drawn(dice: Random) -> str:
    kind = dice.choice(("hex", "short", "grouped", "urlsafe"))
    if kind == "hex":
        return f"{dice.randrange(16**40):040x}"
    if kind == "urlsafe":
        return "".join(dice.choices("abcdefghijkmnopqrstuvwxyzABCDEFGH0123456789_-", k=43))
    signs = "".join(dice.choices(ALPHABET, k=12))
    return signs if kind == "short" else "-".join(signs[at : at + 4] for at in (0, 4, 8))


def _asked(house: House, dice: Random, path: str) -> str:
    """One request at this path; how it was asked."""
    browser, way = (
        house.browser(),
        dice.choice(("GET", "POST", "PUT", "DELETE", "odd", "form", "host", "csrf", "slash")),
    )
    if way == "odd":
        browser.get(f"{path}?q=%00")
    elif way == "form":
        browser.post(path, {"choice": "yes", "email": "x", "body": "", "start": "x"})
    elif way == "slash":
        browser.get(dice.choice((f"{path}/", f"{path}/x", f"/{path}", path.replace("/", "%2F")[3:], f"{path}%00")))
    elif way == "host":
        browser.ask("GET", path, x_forwarded_host="autre.invalid", host="autre.invalid")
    elif way == "csrf":
        browser.cookies["__Host-csrf"] = "b" * 32
        browser.post(path, {"choice": "yes"})
    else:
        browser.ask(way, path)
    return way


@attack("8", "secrets of addresses in the log", small=30, large=3000)
def logged(house: House, dice: Random, cases: int) -> Iterator[Try]:
    good, every = house.inside("links"), house.inside("secret_routes")
    told = []
    for _ in range(cases):
        is_good = dice.random() < 0.3
        path, secret = dice.choice(list(good.items())) if is_good else (dice.choice(every), _drawn(dice))
        written = secret if dice.random() < 0.8 else quote(secret.replace("-", "%2D"), safe="%")
        told.append((path, written, _asked(house, dice, path.replace("{}", written))))
    told += list(_broken(house, dice, good, every, few=cases < 100))
    log = house.log()
    for path, secret, way in told:
        yield Try(f"{way} {path}", f"« {secret[:6]}… » is in the log" if secret in log else "")


def _broken(house: House, dice: Random, good: dict, every: list, *, few: bool) -> Iterator[tuple[str, str, str]]:
    """The same where the house itself breaks: a table is away, as after a bad night of somebody who restores one."""
    there = {name for (name,) in house.inside("rows", query="SELECT tablename FROM pg_tables")}
    for table in dice.sample(sorted(there & set(AWAY)), 1 if few else len(there & set(AWAY))):
        house.inside("rows", query=f"ALTER TABLE {table} RENAME TO away")
        try:
            for path in every:
                secret = good.get(path) or _drawn(dice)
                status = house.browser().get(path.replace("{}", secret)).status
                yield path, secret, f"{table} away, {status}"
        finally:
            house.inside("rows", query=f"ALTER TABLE away RENAME TO {table}")
