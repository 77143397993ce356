"""Caption files as people have them, and captions as readers need them."""

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relais.stories.studio import captions
from relais.stories.studio.captions import Cue, Parsed, Unreadable, parse

SRT = "1\n00:00:01,000 --> 00:00:03,500\nÊtre là,\nc’est mon métier.\n\n2\n00:00:04,000 --> 00:00:06,000\n— Tu reviens demain ?\n"
CUES = [Cue(1000, 3500, "Être là,\nc’est mon métier."), Cue(4000, 6000, "— Tu reviens demain ?")]


@pytest.mark.parametrize(
    "file",
    [
        SRT,
        "\ufeff" + SRT,
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        SRT.encode(),
        SRT.encode("utf-8-sig"),
        SRT.encode("cp1252"),
        SRT.encode("utf-16"),
        SRT.replace(",", ".", 0).replace("00:00:0", "0:0"),
        SRT.replace("1\n00", "00").replace("2\n00", "00"),
        "\n\n" + SRT + "\n\n\n",
        SRT.replace("\n\n2", "\n2"),
        SRT.replace(" --> ", "-->"),
        SRT.replace(" --> ", " -> "),
        "WEBVTT\n\n" + SRT.replace(",0", ".0").replace(",5", ".5"),
        "WEBVTT - témoignage\nKind: captions\n\nNOTE relu deux fois\nle soir\n\nSTYLE\n::cue { color: red }\n\n"
        "premier\n00:01.000 --> 00:03.500 align:start line:80%\n<v Awa>Être <i>là</i>,\nc’est mon <c.loud>métier</c>.\n\n"
        "00:04.000 --> 00:06.000\n— Tu reviens demain ?\n",
        SRT.replace("Être là", "{\\an8}<b><font color='#fff'>Être là</font></b>"),
    ],
)
def test_what_people_have(file):
    assert parse(file) == Parsed(CUES, [])


def test_tags_and_scripts_do_not_pass():
    given_ = (
        "00:01.000 --> 00:02.000\n<script>alert(1)</script>Bonjour <img src=x onerror=alert(1)>toi\n\n"
        "00:02.000 --> 00:03.000\n1 < 3 ans &amp; 5 > 2\u202e\x07\n"
    )
    assert [cue.text for cue in parse(given_).cues] == ["Bonjour toi", "1 < 3 ans & 5 > 2"]
    assert "&lt;b" in captions.to_vtt([Cue(0, 1000, "<b>")])


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "aucun sous-titre"),
        ("Bonjour\net au revoir\n", "Ligne 1"),
        ("1\n00:00:01,000 --> quelque part\nBonjour\n", "Ligne 2"),
        ("1\n99:00:09,000 --> 99:00:10,000\nLoin\n", "une journée"),
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
    assert len(raised.value.errors) == 21 and raised.value.errors[-1] == "Et 40 autres remarques."


TWO = [Cue(1000, 3000, "Je m'appelle Awa."), Cue(4000, 6000, "Je suis aide-soignante.")]
FIRST, SECOND = "00:00:01.000 --> 00:00:03.000", "00:00:04.000 --> 00:00:06.000"
AWA, WORK = (cue.text for cue in TWO)


@pytest.mark.parametrize(
    "file",
    [
        f"WEBVTT\n{FIRST}\n{AWA}\n\n{SECOND}\n{WORK}\n",
        f"WEBVTT\nKind: captions\nLanguage: fr\n{FIRST}\n{AWA}\n\n{SECOND}\n{WORK}\n",
        f"WEBVTT\n\nNOTE relu\n{FIRST}\n{AWA}\n\n{SECOND}\n{WORK}\n",
        f"WEBVTT\n\n{FIRST}\n\n{AWA}\n\n{SECOND}\n{WORK}\n",
        f"WEBVTT\n\n{FIRST}\n \n{AWA}\n\n{SECOND}\n \n\n{WORK}\n",
        f"1\n{FIRST}\n{AWA}\n\n2\n00:00:03,200 --> 00:00:03,900\n\n3\n{SECOND}\n{WORK}\n",
        f"\ufeff\ufeff1\n{FIRST}\n{AWA}\n\n2\n{SECOND}\n{WORK}\n".encode(),
        f"1\n{FIRST}\n{AWA}\n\n2\n{SECOND}\n{WORK}\n".encode("utf-16-le"),
        f"1\n{FIRST}\n{AWA}\n\n2\n{SECOND}\n{WORK}\n".encode("utf-16-be"),
    ],
)
def test_what_programs_write_is_read_whole(file):
    assert parse(file) == Parsed(TWO, [])


@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "iso8859-15", "mac-roman", "utf-16", "utf-16-le", "utf-16-be"])
def test_files_that_do_not_name_their_letters(charset):
    words = "J’ai été là, ma sœur aussi : 500 € par mois, à Noël" if charset != "iso8859-15" else "Été : ma sœur, 500 €"
    assert parse(f"1\n{FIRST}\n{words}\n".encode(charset)).cues == [Cue(1000, 3000, words)]


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ("-00:00:00,120 --> 00:00:00,900\nTrop tôt\n", "Ligne 4 : ce temps n’est pas lisible"),
        (
            "00:00:09,000 --> 00:00:08,000\nÀ l’envers\n",
            "Ligne 4 : ce sous-titre finit avant de commencer : « À l’envers ».",
        ),
        ("99:00:09,000 --> 99:00:10,000\nLoin\n", "Ligne 4 : ce temps dépasse une journée : « Loin »."),
        ("Des mots sans temps\n", "Ligne 4 : un temps était attendu"),
    ],
)
def test_an_odd_caption_is_told_and_does_not_take_the_others_with_it(odd, said):
    read = parse(f"{FIRST}\n{AWA}\n\n{odd}\n{SECOND}\n{WORK}\n")
    assert read.cues == TWO and len(read.remarks) == 1 and read.remarks[0].startswith(said)


@pytest.mark.parametrize(
    ("following", "cues"),
    [
        (f"3\n{SECOND}\n{WORK}\n", [Cue(3500, 6000, f"et {WORK}")]),
        ("3\n00:00:04.500 --> 00:00:06.000\nAprès\n", [Cue(3500, 4500, "et"), Cue(4500, 6000, "Après")]),
        ("", [Cue(3500, 4500, "et")]),
    ],
)
def test_a_caption_that_does_not_last_keeps_its_words(following, cues):
    """What listens by itself (Whisper) writes some."""
    read = parse(f"1\n{FIRST}\n{AWA}\n\n2\n00:00:03,500 --> 00:00:03,500\net\n\n{following}")
    assert read.cues == [TWO[0], *cues] and "ne dure pas" in read.remarks[0] and len(read.remarks) == 1


def test_lines_that_roll_are_kept_once():
    """As YouTube writes them: each line three times, with the time of each word."""
    file = (
        "WEBVTT\nKind: captions\nLanguage: fr\n\n"
        "00:00:00.160 --> 00:00:02.000 align:start position:0%\n \nbonjour<00:00:00.500><c> je</c>\n\n"
        "00:00:02.000 --> 00:00:02.010 align:start position:0%\nbonjour je\n \n\n"
        "00:00:02.010 --> 00:00:04.000 align:start position:0%\nbonjour je\nm'appelle<00:00:02.500><c> Awa</c>\n\n"
        "00:00:04.000 --> 00:00:04.010 align:start position:0%\nm'appelle Awa\n \n"
    )
    read = parse(file)
    assert read.cues == [Cue(160, 2010, "bonjour je"), Cue(2010, 4010, "m'appelle Awa")]
    assert read.remarks == [captions.ROLLED]


@pytest.mark.parametrize("said", ["NOTE", "NOTE bien cela\nc’est tout", "STYLE\nlibre"])
def test_a_word_of_the_format_is_a_word_where_it_is_said(said):
    """Under an empty line it is a note, as programs write them."""
    file = f"WEBVTT\n\n00:01.000 --> 00:03.000\n{said}\n\nNOTE relu\n\n00:04.000 --> 00:06.000\n\nNOTE vide\n"
    assert [cue.text for cue in captions.parse(file).cues] == [said]
    cues = captions.parse(file.replace(said, "{\\an8}\n" + said)).cues
    for write in (captions.to_vtt, captions.to_srt):
        assert captions.parse(write(cues)).cues == cues


def test_what_is_said_twice_is_kept_twice():
    file = "".join(f"00:00:0{second}.000 --> 00:00:0{second + 1}.000\nNon.\n\n" for second in range(5))
    assert [cue.text for cue in parse(file).cues] == ["Non."] * 5


WORD = st.from_regex(r"[a-z]{3,9}", fullmatch=True)


@given(
    st.lists(st.tuples(WORD, st.sampled_from(["", "\n", " \n", "\n\n"]), st.integers(0, 2000)), min_size=1, max_size=12)
)
def test_no_word_is_lost_without_a_remark(cues):
    time, file = 0, "WEBVTT\n"
    for word, gap, lasts in cues:
        file += f"{captions._stamp(time, '.')} --> {captions._stamp(time + lasts, '.')}\n{gap}{word}\n\n"
        time += lasts
    read = parse(file)
    assert " ".join(cue.text for cue in read.cues).split() == [word for word, _, _ in cues]


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
    assert parse(captions.to_vtt(cues)) == Parsed(cues, [])
    assert parse(captions.to_srt(cues)) == Parsed(cues, [])
    assert parse(captions.to_srt(cues).replace("\n", "\r\n").encode()) == Parsed(cues, [])


@pytest.mark.parametrize(
    "sign", ["\n", "a\n", "->\n", "<script ", "<script>", "{\\", "<a", "&amp", f"{FIRST}\n", "<00:00:00.000>"]
)
def test_a_whole_file_of_one_sign_is_read_in_a_moment(sign):
    """Processor time, at the limit of the form: about half a second on a quiet machine, minutes where it grows with the square."""
    start = time.process_time()
    with contextlib.suppress(Unreadable):
        parse(f"{FIRST}\n" + sign * (900_000 // len(sign)))
    assert time.process_time() - start < 10


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300)))
def test_anything_is_read_or_refused(file):
    try:
        assert all(cue.text == captions.plain(cue.text) or "&" in cue.text for cue in parse(file).cues)
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
    assert [
        (remark.place, remark.rule) for remark in captions.warnings([Cue(0, 2000, "un"), Cue(1500, 3500, "deux")])
    ] == [(0, "overlap")]
    assert captions.warnings(CUES) == []


def test_transcript():
    assert captions.transcript(CUES) == "Être là, c’est mon métier.\n— Tu reviens demain ?"
