"""What every template is given."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from relais.foundation.jinja import dated, duration, environment, full_day, number


def test_templates_ask_the_clock_each_time(monkeypatch):
    """The first page of a process makes the environment: what it saw of the clock then is not the time of all later pages."""
    with monkeypatch.context() as held:
        held.setattr(timezone, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
        pages = environment()
        assert pages.from_string("{{ now().year }}").render() == "2020"
    late = pages.globals["now"]() - datetime.now(UTC)
    assert abs(late) < timedelta(hours=1)


@pytest.mark.parametrize(
    "value, pattern, text",
    [
        (date(2026, 6, 1), "j F Y", "1er juin 2026"),
        (date(2026, 6, 1), "l j F", "lundi 1er juin"),
        (date(2026, 6, 11), "l j F Y", "jeudi 11 juin 2026"),
        (date(2026, 6, 21), "j F Y", "21 juin 2026"),
        (date(2021, 1, 1), "F Y", "janvier 2021"),
    ],
)
def test_the_first_of_a_month_is_said_as_people_say_it(value, pattern, text):
    assert dated(value, pattern) == text


def test_numbers_and_delays_as_people_read_them():
    assert (number(35008), number(12), number(None)) == ("35\u202f008", "12", "—")
    assert (duration(725.6), duration(725.6, measured=True)) == ("12\u00a0min", "12\u00a0min 06")
    assert full_day(date(2031, 3, 1)) == "samedi 1er mars 2031"
