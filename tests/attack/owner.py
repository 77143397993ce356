"""Who gets a statement of their own past a page; and what an installation leaves open around the pages."""

import stat
from collections.abc import Iterator
from pathlib import Path
from random import Random

from .campaign import Try, attack
from .house import House

FORBIDDEN = (
    "ALTER TABLE accounts_access DISABLE TRIGGER ALL",
    "UPDATE accounts_access SET reason = 'x'",
    "DELETE FROM accounts_access",
    "TRUNCATE accounts_access",
    "DELETE FROM foundation_event",
    "UPDATE foundation_event SET name = 'x'",
    "SET session_replication_role = replica",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/attack'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "CREATE TABLE mine (id int)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE EXTENSION dblink",
    "CREATE ROLE mine SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "DROP TABLE coaching_message",
    "ALTER TABLE coaching_message ADD mine int",
    "DROP TRIGGER accounts_access_append_only ON accounts_access",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'y', now())",
    "SELECT lo_import('/etc/passwd')",
    "ALTER SYSTEM SET fsync = off",
    "SET ROLE relais",
)


@attack("16", "the role that serves does what only the owner may", small=len(FORBIDDEN), large=len(FORBIDDEN))
def statements(house: House, dice: Random, cases: int) -> Iterator[Try]:
    order = dice.sample(FORBIDDEN, cases)
    may = house.inside("as_who_serves", statements=[*order, "SELECT count(*) FROM coaching_message"])
    yield Try("reading what it serves", "" if may[-1:] == ["SELECT count(*) FROM coaching_message"] else "it cannot")
    for one in order:
        yield Try(one, "it may" if one in may else "")


DOORS = (
    "via",
    "forwarded",
    "x-forwarded-host",
    "x-real-ip",
    "cf-connecting-ip",
    "x-original-url",
    "x-rewrite-url",
    "x-http-method-override",
)


@attack("17", "what stands open around the pages", small=6, large=200)
def around(house: House, dice: Random, cases: int) -> Iterator[Try]:
    for _ in range(cases):
        path, header = dice.choice(("/demo", "/demo/courrier", "/compte/email/")), dice.choice(DOORS)
        browser = house.browser()
        answer = browser.ask(
            "GET", path, **{header.replace("-", "_"): dice.choice(("127.0.0.1", "localhost", "/pro/"))}
        )
        yield Try(f"{path} with {header}", "" if answer.status in (302, 404) else f"it answers {answer.status}")
    folder = Path(house.environment["RELAIS_DATA"])
    for one in (folder, *(inner for inner in folder.rglob("*") if inner.relative_to(folder).parts[0] != "static")):
        yield Try(
            str(one.relative_to(folder)), "others may read it" if stat.S_IMODE(one.stat().st_mode) & 0o077 else ""
        )
    # Whoever writes a false From must not make the house write to that address.
    before = len(house.post.letters)
    victims = [f"victime{number}@exemple.invalid" for number in range(3)]
    for victim in victims:
        house.doors.email(victim, "Bonjour", proof="spf=fail dkim=fail dmarc=fail")
    house.settled()
    house.until("all_left", seconds=20)
    told = [to for tos, _ in house.post.letters[before:] for to in tos if to in victims]
    yield Try("a letter with a false From", f"{len(told)} letters leave for {told[0]}" if told else "")
