import pytest

from relais.foundation import web


@pytest.fixture
def in_no_time(monkeypatch):
    """Straight to the server of the test, and without a pause between two tries."""
    monkeypatch.setattr(web, "BACKOFF", 0.01)
    monkeypatch.setattr(web, "USUAL_WAIT", 0.01)
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
