"""What TikTok says in its own way."""

import pytest

from relais.channels import networks
from relais.foundation import web
from relais.foundation.outbox import PermanentError, TemporaryError

from .fakes import serving
from .networks import TikTok
from .publications import PLACES, SINCE, State, leave


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (40105, networks.TokenRefused, "nouveau jeton"),
        (40100, web.Busy, "attendre"),
        (40001, PermanentError, "pas le droit"),
        (40002, PermanentError, "40002"),
        (50000, TemporaryError, "panne"),
    ],
)
def test_what_tiktok_says_under_200(connect, now, db, code, kind, words):
    _, publication, address = PLACES["tiktok"]
    with serving(TikTok({publication: []})) as fake:
        one = connect(fake)
        fake.faults = [fake.error(code)] * 2
        with pytest.raises(kind, match=words):
            list(one.fetch([address], SINCE))
        expected = {40100: State.WAITING, 50000: State.AMBIGUOUS}.get(code, State.FAILED)
        assert leave(one, fake, now).state == expected


def test_an_answer_of_tiktok_that_cannot_be_read_after_a_reply_is_nobody_knows(connect, now, db):
    _, publication, _ = PLACES["tiktok"]
    with serving(TikTok({publication: []})) as fake:
        one = connect(fake)
        fake.faults = [(200, {}, b'{"code": ')]
        assert leave(one, fake, now).state == State.AMBIGUOUS
