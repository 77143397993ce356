"""Caption files as people have them, and captions as readers need them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.stories import captions
from relais.stories.captions import Cue, Unreadable, parse

SRT = "1\n00:00:01,000 --> 00:00:03,500\nÊtre là,\nc’est mon métier.\n\n2\n00:00:04,000 --> 00:00:06,000\n— Tu reviens demain ?\n"
CUES = [Cue(1000, 3500, "Être là,\nc’est mon métier."), Cue(4000, 6000, "— Tu reviens demain ?")]


@pytest.mark.parametrize(
    "file",
    [
        SRT, "\ufeff" + SRT, SRT.replace("\n", "\r\n"), SRT.replace("\n", "\r"), SRT.encode(), SRT.encode("utf-8-sig"), SRT.encode("cp1252"),
        SRT.encode("utf-16"), SRT.replace(",", ".", 0).replace("00:00:0", "0:0"), SRT.replace("1\n00", "00").replace("2\n00", "00"),
        "\n\n" + SRT + "\n\n\n", SRT.replace("\n\n2", "\n2"), SRT.replace(" --> ", "-->"), SRT.replace(" --> ", " -> "),
        "WEBVTT\n\n" + SRT.replace(",0", ".0").replace(",5", ".5"),
        "WEBVTT - témoignage\nKind: captions\n\nNOTE relu deux fois\nle soir\n\nSTYLE\n::cue { color: red }\n\n"
        "premier\n00:01.000 --> 00:03.500 align:start line:80%\n<v Awa>Être <i>là</i>,\nc’est mon <c.loud>métier</c>.\n\n"
        "00:04.000 --> 00:06.000\n— Tu reviens demain ?\n",
        SRT.replace("Être là", "{\\an8}<b><font color='#fff'>Être là</font></b>"),
    ],
)  # fmt: skip
def test_what_people_have(file):
    assert parse(file) == CUES


def test_tags_and_scripts_do_not_pass():
    given_ = (
        "00:01.000 --> 00:02.000\n<script>alert(1)</script>Bonjour <img src=x onerror=alert(1)>toi\n\n"
        "00:02.000 --> 00:03.000\n1 < 3 ans &amp; 5 > 2\u202e\x07\n"
    )
    assert [cue.text for cue in parse(given_)] == ["Bonjour toi", "1 < 3 ans & 5 > 2"]
    assert "&lt;b" in captions.to_vtt([Cue(0, 1000, "<b>")])


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "aucun sous-titre"),
        ("Bonjour\net au revoir\n", "Ligne 1"),
        ("1\n00:00:01,000 --> quelque part\nBonjour\n", "Ligne 2"),
        (SRT + "\n3\n00:00:09,000 --> 00:00:08,000\nTrop tôt\n", "Ligne 11 : ce sous-titre finit avant de commencer."),
        (SRT + "\n3\n99:00:09,000 --> 99:00:10,000\nLoin\n", "une journée"),
        ("%PDF-1.7", "Ligne 1"),
        (bytes(300), "pas un fichier de sous-titres"),
    ],
)
def test_errors_say_where(file, said):
    with pytest.raises(Unreadable, match=said) as raised:
        parse(file)
    assert all(error.endswith(".") for error in raised.value.errors)


def test_many_errors_are_told_once_each():
    with pytest.raises(Unreadable) as raised:
        parse("\n\n".join(f"{number}\n00:00:99,x --> 1\nx" for number in range(60)))
    assert len(raised.value.errors) == 20


LETTERS = st.characters(blacklist_categories=("Cs", "Cc", "Cf", "Zl", "Zp", "Cn", "Co"))
LINE = st.text(LETTERS, min_size=1, max_size=30).map(lambda line: " ".join(line.split())).filter(bool)
TEXT = st.lists(LINE, min_size=1, max_size=2).map("\n".join).filter(lambda text: captions.plain(text) == text)


@st.composite
def cue_lists(draw):
    made, time = [], 0
    for text in draw(st.lists(TEXT, min_size=1, max_size=8)):
        start = time + draw(st.integers(0, 4000))
        time = start + draw(st.integers(1, 8000))
        made.append(Cue(start, time, text))
    return made


@given(cue_lists())
def test_there_and_back(cues):
    assert parse(captions.to_vtt(cues)) == cues
    assert parse(captions.to_srt(cues)) == cues
    assert parse(captions.to_srt(cues).replace("\n", "\r\n").encode()) == cues


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_anything_is_read_or_refused(file):
    try:
        assert all(cue.text == captions.plain(cue.text) or "&" in cue.text for cue in parse(file))
    except Unreadable as refused:
        assert refused.errors


@pytest.mark.parametrize(
    ("cue", "rule"),
    [
        (Cue(0, 3000, "un\ndeux\ntrois"), "lines"),
        (Cue(0, 6000, "a" * 43), "length"),
        (Cue(0, 1000, "a" * 21), "pace"),
        (Cue(0, 900, "court"), "short"),
        (Cue(0, 7100, "long"), "long"),
        (Cue(9_000, 10_600, "après"), "after"),
    ],
)
def test_what_makes_a_caption_hard_to_read(cue, rule):
    assert [remark.rule for remark in captions.warnings([cue], duration_ms=10_000)] == [rule]


def test_two_at_once():
    assert [(remark.place, remark.rule) for remark in captions.warnings([Cue(0, 2000, "un"), Cue(1500, 3500, "deux")])] == [(0, "overlap")]
    assert captions.warnings(CUES) == []


def test_transcript():
    assert captions.transcript(CUES) == "Être là, c’est mon métier.\n— Tu reviens demain ?"
