"""What is set for the doors is checked when the site starts, with a sentence."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.mark.parametrize("value", ["court", "a/" * 20])
def test_a_secret_that_could_be_guessed_or_cut_is_refused(monkeypatch, value):
    monkeypatch.setenv("INBOUND_EMAIL_SECRET", value)
    with pytest.raises(ImproperlyConfigured, match="INBOUND_EMAIL_SECRET"):
        environment.door_secret("INBOUND_EMAIL_SECRET")


@pytest.mark.parametrize(
    ("value", "good"),
    [("imaps://a:b@mail.invalid/INBOX", True), ("imap+tls://a:b@mail.invalid", True), ("imap://a:b@mail.invalid", False),
     ("imap://a:b@127.0.0.1:143", True),
     ("imaps://", False), ("pop3://mail.invalid", False), ("", True)],
)  # fmt: skip
def test_a_mailbox_is_read_over_tls_or_on_this_machine(monkeypatch, value, good):
    monkeypatch.setenv("IMAP_URL", value)
    if good:
        assert environment.service("IMAP_URL", "", "imaps", "imap+tls", "imap!") == value
    else:
        with pytest.raises(ImproperlyConfigured, match="imaps://"):
            environment.service("IMAP_URL", "", "imaps", "imap+tls", "imap!")


@pytest.mark.parametrize(
    ("dialect", "url", "key", "good"),
    [("", "", "", True), ("json", "https://sms.invalid", "k", True), ("json", "http://sms.invalid", "k", False), ("json", "", "", False),
     ("pigeon", "https://sms.invalid", "k", False), ("ovh", "https://eu.api.ovh.com/1.0/sms/sms-xx1-1", "a:b:c", True),
     ("ovh", "https://eu.api.ovh.com/1.0/sms/sms-xx1-1", "a:b", False), ("ovh", "https://eu.api.ovh.com/1.0", "a:b:c", False)],
)  # fmt: skip
def test_sms_need_the_three_settings_together(monkeypatch, dialect, url, key, good):
    for name, value in {"SMS_DIALECT": dialect, "SMS_URL": url, "SMS_KEY": key}.items():
        monkeypatch.setenv(name, value)
    if good:
        assert environment.sms() == (dialect, url, key)
    else:
        with pytest.raises(ImproperlyConfigured, match="SMS_"):
            environment.sms()


@pytest.mark.parametrize(("value", "good"), [("", True), ("ab" * 32, True), ("ab", False), ("zz" * 32, False)])
def test_the_key_of_discord_is_a_key(monkeypatch, value, good):
    monkeypatch.setenv("DISCORD_PUBLIC_KEY", value)
    if good:
        assert environment.hexadecimal("DISCORD_PUBLIC_KEY", 32) == value
    else:
        with pytest.raises(ImproperlyConfigured, match="64 hexadecimal"):
            environment.hexadecimal("DISCORD_PUBLIC_KEY", 32)


@pytest.mark.parametrize(
    ("account", "token", "good"),
    [("", "", True), ("178", "IGQVJ-x_y.z", True), ("178", "", False), ("", "IGQVJ", False), ("@relais", "IGQVJ", False), ("1" * 101, "IGQVJ", False),
     ("178", "deux mots", False), ("178", "a\nb: c", False), ("178", "é", False)],
)  # fmt: skip
def test_a_network_needs_its_account_and_its_token_in_plain_letters(monkeypatch, account, token, good):
    monkeypatch.setenv("INSTAGRAM_ACCOUNT", account)
    monkeypatch.setenv("INSTAGRAM_TOKEN", token)
    if good:
        assert environment.together("INSTAGRAM_ACCOUNT", "INSTAGRAM_TOKEN") == [account, token]
    else:
        with pytest.raises(ImproperlyConfigured, match="INSTAGRAM_"):
            environment.together("INSTAGRAM_ACCOUNT", "INSTAGRAM_TOKEN")
