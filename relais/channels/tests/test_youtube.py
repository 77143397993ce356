"""What YouTube says in its own way."""

from datetime import timedelta

import pytest

from relais.channels import networks
from relais.foundation import web
from relais.foundation.outbox import PermanentError

from .fakes import serving
from .networks import Said, YouTube
from .publications import BEGAN, PLACES, SINCE


@pytest.fixture
def youtube(connect):
    with serving(
        YouTube({"dQw4w9WgXcQ": [Said("c1", "Bonjour", BEGAN)], "Another_one": [Said("c2", "Ailleurs", BEGAN)]})
    ) as fake:
        yield connect(fake), fake


VIDEO = PLACES["youtube"][2]


def test_youtube_costs_one_unit_and_gives_only_the_videos_asked_for(youtube):
    one, fake = youtube
    assert [comment.id for comment in one.fetch([VIDEO], SINCE)] == ["c1"] and fake.units == 1


def test_comments_closed_on_youtube_are_not_an_error(youtube):
    one, fake = youtube
    fake.faults = [(200, {}, {"access_token": "hour"}), fake.error(403, "commentsDisabled")]
    assert list(one.fetch([VIDEO], SINCE)) == []


@pytest.mark.parametrize(
    ("status", "reason", "kind", "words"),
    [
        (403, "quotaExceeded", web.Busy, "quota du jour"),
        (403, "rateLimitExceeded", web.Busy, "attendre"),
        (403, "insufficientPermissions", PermanentError, "pas le droit"),
        (401, "authError", networks.TokenRefused, "nouveau jeton"),
        (404, "channelNotFound", PermanentError, "404"),
    ],
)
def test_what_youtube_refuses(youtube, status, reason, kind, words):
    one, fake = youtube
    fake.faults = [(200, {}, {"access_token": "hour"}), fake.error(status, reason)]
    with pytest.raises(kind, match=words) as error:
        list(one.fetch([VIDEO], SINCE))
    if reason == "quotaExceeded":
        assert timedelta() < error.value.after <= timedelta(days=1, minutes=1)


def test_a_long_token_that_google_took_back(youtube):
    one, fake = youtube
    fake.refused = True
    with pytest.raises(networks.TokenRefused, match="reliez de nouveau"):
        list(one.fetch([VIDEO], SINCE))
