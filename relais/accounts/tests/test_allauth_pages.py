"""Every page, letter and notice of allauth that can be reached here is written by us, in French."""

import re
from pathlib import Path

import allauth
from django.template.loader import get_template

from relais.accounts import notices

THEIRS = Path(allauth.__file__).parent / "templates"
OURS = Path(__file__).parents[1] / "templates"

# What nobody can reach: sign-up, codes by e-mail, telephones, trusted browsers, e-mail addresses and first passwords
# (middleware.CLOSED), and the pieces of their layout.
UNREACHABLE = re.compile(
    r"account/(base_|signup|confirm_|phone_|request_login_code|verified_email_required|email\.html|email_change|password_set|snippets/)"
    r"|mfa/(base_|trust|\w+/base|webauthn/signup_form|webauthn/snippets/)"
)
UNREACHABLE_LETTERS = re.compile(
    r"base_|account_already_exists|email_changed|email_confirm\b|email_confirmation_signup|email_deleted|login_code|password_reset_code|password_set"
)
UNREACHABLE_NOTICES = re.compile(r"cannot_delete|email_deleted|login_code|password_set|phone_|primary_email|unverified")


def names(folder: str, pattern: str) -> list[str]:
    return sorted(str(file.relative_to(THEIRS)) for file in (THEIRS / folder).rglob(pattern))


def test_every_reachable_page_is_ours():
    pages = [name for app in ("account", "mfa") for name in names(app, "*.html") if not UNREACHABLE.match(name)]
    assert len(pages) > 20
    assert [name for name in pages if not (OURS / name).exists()] == []
    for name in [*pages, "mfa/recovery_codes/download.txt"]:
        if name.endswith(".html"):
            assert get_template(name).backend.name == "jinja", name


def test_every_reachable_letter_is_ours():
    found = {
        name.removesuffix("_subject.txt")
        for app in ("account/email", "mfa/email")
        for name in names(app, "*_subject.txt")
    }
    reachable = {name for name in found if not UNREACHABLE_LETTERS.search(name)}
    assert reachable == set(notices.LETTERS)


def test_every_reachable_notice_is_ours():
    found = {name for app in ("account/messages", "mfa/messages") for name in names(app, "*.txt")}
    assert {name for name in found if not UNREACHABLE_NOTICES.search(name)} == set(notices.NOTICES)


def test_no_page_holds_inline_script_or_style():
    for file in OURS.rglob("*.html"):
        text = file.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style", text), file
        for tag in re.findall(r"<script[^>]*>", text):
            assert "src=" in tag or 'type="application/json"' in tag, (file, tag)
