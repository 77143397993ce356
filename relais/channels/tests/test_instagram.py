"""What Instagram says in its own way."""

from datetime import timedelta

import pytest

from relais.channels import networks
from relais.channels.instagram.transport import FIELDS
from relais.foundation import web
from relais.foundation.outbox import PermanentError, TemporaryError

from .fakes import serving
from .networks import Instagram, Said
from .publications import BEGAN, PLACES, SINCE, State, keep, leave


@pytest.fixture
def instagram(connect):
    with serving(Instagram({"DSabc_1-x": [Said("c1", "Bonjour", BEGAN), Said("c2", "Merci", BEGAN, "us")]})) as fake:
        yield connect(fake), fake


URL = PLACES["instagram"][2]


@pytest.mark.parametrize("forbidden", [{"from"}, {"replies"}, {"from", "replies"}])
def test_instagram_reads_with_the_fields_it_is_let(instagram, forbidden):
    one, fake = instagram
    fake.forbidden = forbidden
    assert [comment.id for comment in one.fetch([URL], SINCE)] == ["c1"], "ours is known by its name alone"


def test_instagram_never_reads_without_a_name(instagram):
    one, fake = instagram
    assert all("username" in fields for fields in FIELDS)
    fake.faults = [(200, {}, {"id": "178"})]
    with pytest.raises(PermanentError, match="ne dit pas le nom"):
        list(one.fetch([URL], SINCE))
    fake.forbidden = {"text"}
    with pytest.raises(PermanentError, match="n’a pas le droit"):
        list(one.fetch([URL], SINCE))


@pytest.mark.parametrize(
    ("code", "more", "kind", "words"),
    [
        (190, {}, networks.TokenRefused, "nouveau jeton"),
        (4, {}, web.Busy, "attendre"),
        (80002, {}, web.Busy, "attendre"),
        (2, {"is_transient": True}, TemporaryError, "panne"),
        (1, {}, TemporaryError, "répondu"),
        (9999, {}, PermanentError, "9999"),
        ("drop", {}, PermanentError, "inconnu"),
    ],
)
def test_what_instagram_says_under_400(instagram, code, more, kind, words):
    one, fake = instagram
    fake.faults = [fake.error(code, "…", **more)] * 9
    with pytest.raises(kind, match=words):
        list(one.fetch([URL], SINCE))


def test_instagram_says_in_how_many_minutes(instagram):
    one, fake = instagram
    usage = '{"178": [{"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 23}]}'
    for header, wait in ((usage, timedelta(minutes=23)), ("[1]", timedelta(hours=1)), ("{", timedelta(hours=1))):
        fake.faults = [fake.error(4, "…", headers={"X-Business-Use-Case-Usage": header})]
        with pytest.raises(web.Busy) as busy:
            list(one.fetch([URL], SINCE))
        assert busy.value.after == wait


def test_a_publication_deleted_on_instagram_does_not_hide_the_others(instagram):
    one, fake = instagram
    fake.threads["Other123"] = [Said("c9", "Encore là", BEGAN)]
    other = "https://instagram.com/relais/p/Other123/?igsh=1"
    assert {comment.id for comment in one.fetch([URL, other], SINCE)} == {"c1", "c9"}
    del fake.threads["DSabc_1-x"]
    found = []
    with pytest.raises(PermanentError, match="n’est plus sur Instagram"):
        list(keep(one.fetch([URL, other], SINCE), found))
    assert found == ["c9"]
    with pytest.raises(PermanentError, match="n’a pas une publication"):
        list(one.fetch(["https://www.instagram.com/p/DautrUI/"], SINCE))


def test_a_comment_deleted_meanwhile_is_not_answered(instagram, now, db):
    one, fake = instagram
    row = leave(one, fake, now, comment="gone")
    assert (row.state, row.error) == (State.FAILED, "Ce commentaire n’est plus sur Instagram.")


def test_a_number_of_publication_is_asked_once(instagram):
    one, fake = instagram
    list(one.fetch([URL], SINCE))
    list(one.fetch([URL], SINCE))
    assert fake.paths().count("/v25.0/178/media") == 1
