"""What every template is given."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from relais.foundation.jinja import environment


def test_templates_ask_the_clock_each_time(monkeypatch):
    """The first page of a process makes the environment: what it saw of the clock then is not the time of all later pages."""
    with monkeypatch.context() as held:
        held.setattr(timezone, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
        pages = environment()
        assert pages.from_string("{{ now().year }}").render() == "2020"
    late = pages.globals["now"]() - datetime.now(UTC)
    assert abs(late) < timedelta(hours=1)
