"""Files that are not what they say: refused with a sentence, or made harmless; never a half clip, never another file read."""

import random
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest

from relais.media import video

from . import clips

SECRET = "secret-of-this-machine"


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> Path:
    """A second of real video, its index at the start."""
    return clips.make(tmp_path_factory.mktemp("good") / "good.mp4", faststart=True, width=128, height=192, rate=15)


def not_videos(folder, good):
    yield "a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    yield "a photo", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500)
    yield "an archive", b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(500)
    yield "a page", b"<!DOCTYPE html><script>alert(1)</script>"
    yield "a text", "Bonjour, voici ma vidéo.\n".encode() * 200
    yield "a program", b"\x7fELF\x02\x01\x01" + bytes(600)


def empty_ones(folder, good):
    yield "nothing", b""
    yield "one byte", b"\x00"
    yield "zeros", bytes(100_000)
    yield "the start alone", good.read_bytes()[:32]
    yield "random bytes", random.Random(4).randbytes(50_000)


def cut_with_its_index(folder, good):
    data = good.read_bytes()
    for share in (0.3, 0.5, 0.8, 0.95, 0.999):
        yield f"cut at {share}", data[: int(len(data) * share)]


def cut_without_index(folder, good):
    data = clips.make(folder / "late.mp4", width=128, height=192, rate=15).read_bytes()
    for share in (0.1, 0.4, 0.7, 0.9, 0.99):
        yield f"cut at {share}", data[: int(len(data) * share)]


def cut_matroska(folder, good):
    data = clips.make(folder / "whole.mkv", width=128, height=192, rate=15, seconds=3).read_bytes()
    for share in (0.02, 0.2, 0.4, 0.6, 0.75):
        yield f"cut at {share}", data[: int(len(data) * share)]


def too_long(folder, good):
    still = {"width": 128, "height": 128, "sound": None}
    yield (
        "two hours",
        clips.make(folder / "long.mp4", stamps=[place * 60 for place in range(120)], **still).read_bytes(),
    )
    yield (
        "four minutes",
        clips.make(folder / "four.mkv", stamps=[place * 2 for place in range(120)], **still).read_bytes(),
    )
    yield (
        "a jump in time",
        clips.make(folder / "jump.ts", form="mpegts", stamps=[0, 0.1, 0.2, 4000, 4000.1], **still).read_bytes(),
    )
    lying = bytearray(clips.make(folder / "lying.mkv", stamps=[0, 0.1, 900, 900.1], **still).read_bytes())
    place = lying.find(b"\x44\x89\x88")
    lying[place + 3 : place + 11] = struct.pack(">d", 1000.0)
    yield "a declared second, a quarter of an hour inside", bytes(lying)
    yield "a long sound", clips.make(folder / "long.ogg", codec=None, sound="libopus", seconds=200).read_bytes()


def too_large(folder, good):
    for width, height in ((7680, 4320), (4320, 7680), (8192, 128), (4352, 4352), (128, 5000)):
        path = clips.make(folder / f"{width}x{height}.mp4", width=width, height=height, stamps=[0], sound=None)
        yield f"{width} x {height}", path.read_bytes()


def nothing_to_show(folder, good):
    srt = b"1\n00:00:00,000 --> 00:00:01,000\nBonjour\n"
    yield "captions", srt
    yield "captions of the web", b"WEBVTT\n\n00:00.000 --> 00:01.000\nBonjour\n"
    path = folder / "attachment.mkv"
    with av.open(str(path), "w") as out:
        out.add_attachment("virus.exe", "application/octet-stream", b"MZ" + bytes(100))
        heard = out.add_stream("pcm_u8", rate=8000, layout="mono")
        frame = av.AudioFrame(format="u8", layout="mono", samples=8)
        frame.sample_rate = 8000
        out.mux(heard.encode(frame))
    yield "an attachment", path.read_bytes()[:400]
    data = good.read_bytes()
    yield (
        "no track",
        data[: clips.atoms(good)[0][2]] + struct.pack(">I4s", 8, b"moov") + struct.pack(">I4s", 8, b"mdat"),
    )
    yield "tracks renamed", data.replace(b"trak", b"free")


def playlists(folder, good):
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    yield "hls", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{good}\n#EXT-X-ENDLIST\n".encode()
    yield "hls after an empty line", f"\n#EXTM3U\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n".encode()
    yield "concat", f"ffconcat version 1.0\nfile {good}\nfile '{secret}'\n".encode()
    yield (
        "dash",
        f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file://{good}</BaseURL></MPD>'.encode(),
    )
    yield (
        "sdp",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    )
    yield "a reference to another file", good.read_bytes().replace(b"url \x00\x00\x00\x01", b"alis\x00\x00\x00\x00")


def bombs(folder, good):
    data = good.read_bytes()
    place = data.find(b"avc1", data.find(b"stsd"))
    yield "declared 65535 x 65535", data[: place + 28] + b"\xff\xff\xff\xff" + data[place + 32 :]
    many = folder / "tracks.mkv"
    with av.open(str(many), "w") as out:
        streams = [out.add_stream("pcm_u8", rate=8000, layout="mono") for _ in range(40)]
        for stream in streams:
            frame = av.AudioFrame(format="u8", layout="mono", samples=8)
            frame.sample_rate, frame.pts = 8000, 0
            out.mux(stream.encode(frame))
    yield "forty tracks", many.read_bytes()
    fast = clips.make(folder / "fast.mp4", width=128, height=128, rate=1000, seconds=0.2, sound=None)
    yield "a thousand pictures a second", fast.read_bytes()
    count = data.find(b"stsz") + 12
    yield "four billion pictures declared", data[:count] + b"\xff\xff\xff\xff" + data[count + 4 :]
    count = data.find(b"stts") + 8
    yield "four billion durations declared", data[:count] + b"\xff\xff\xff\xff" + data[count + 4 :]
    yield (
        "nested atoms without end",
        data[: clips.atoms(good)[0][2]] + b"\x7f\xff\xff\xff" + b"moov\x7f\xff\xff\xfftrak\x7f\xff\xff\xffmdia" * 9000,
    )


def polyglots(folder, good):
    data, first = good.read_bytes(), clips.atoms(good)[0][2]
    script = b"<script>alert('" + SECRET.encode() + b"')</script>"
    yield "a page in a free atom", data[:first] + data[first:] + struct.pack(">I4s", 8 + len(script), b"free") + script
    yield "an archive behind", data + b"PK\x03\x04" + SECRET.encode() + b"PK\x05\x06" + bytes(18)
    yield "a PDF behind", data + b"\n%PDF-1.7\n" + SECRET.encode() + b"\n%%EOF"
    yield "a page in front", b"<html>" + script + data
    yield "a PDF in front", b"%PDF-1.7\n" + SECRET.encode() + data
    yield "PHP behind", data + b"<?php echo '" + SECRET.encode() + b"'; ?>"


def malformed(folder, good):
    data = good.read_bytes()
    _, start, length = next(atom for atom in clips.atoms(good) if atom[0] == "moov")
    for seed in range(8):
        dice, broken = random.Random(seed), bytearray(data)
        for _ in range(12):
            broken[dice.randrange(start + 8, start + length)] = dice.randrange(256)
        yield f"index changed, {seed}", bytes(broken)


def damaged(folder, good):
    data = good.read_bytes()
    _, start, length = next(atom for atom in clips.atoms(good) if atom[0] == "mdat")
    for seed in range(5):
        dice, broken = random.Random(seed), bytearray(data)
        for _ in range(4 ** (seed + 1)):
            broken[dice.randrange(start + 8, start + length)] = dice.randrange(256)
        yield f"{4 ** (seed + 1)} bytes changed", bytes(broken)


def scripts_in_metadata(folder, good):
    script = f"<script>{SECRET}</script>"
    small = {"width": 128, "height": 192, "rate": 15}
    for key in ("title", "comment", "artist"):
        yield key, clips.make(folder / f"{key}.mp4", tags={key: script}, **small).read_bytes()
    place = {"location": "+48.8566+002.3522/", "com.apple.quicktime.location.ISO6709": "+48.8566+002.3522/" + SECRET}
    yield (
        "where it was filmed",
        clips.make(folder / "gps.mov", tags=place, container={"movflags": "use_metadata_tags"}, **small).read_bytes(),
    )
    yield "in Matroska", clips.make(folder / "tags.mkv", tags={"title": script, "SECRET": SECRET}, **small).read_bytes()


def unknown_formats(folder, good):
    small = {"width": 128, "height": 192, "sound": None, "seconds": 0.4}
    yield "FFV1", clips.make(folder / "a.mkv", codec="ffv1", **small).read_bytes()
    yield "raw", clips.make(folder / "b.mov", codec="rawvideo", **small).read_bytes()
    yield "PNG", clips.make(folder / "c.mov", codec="png", pixels="rgb24", **small).read_bytes()
    yield "AVI", clips.make(folder / "d.avi", codec="mpeg4", **small).read_bytes()
    yield "an animated image", clips.make(folder / "e.gif", codec="gif", pixels="rgb8", **small).read_bytes()


KINDS = [
    not_videos,
    empty_ones,
    cut_with_its_index,
    cut_without_index,
    cut_matroska,
    too_long,
    too_large,
    nothing_to_show,
    playlists,
    bombs,
    polyglots,
    malformed,
    damaged,
    scripts_in_metadata,
    unknown_formats,
]
NEUTRALISED = {
    "a page in a free atom",
    "a reference to another file",
    "an archive behind",
    "a PDF behind",
    "PHP behind",
    "title",
    "comment",
    "artist",
    "where it was filmed",
    "in Matroska",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_refused_or_neutralised(kind, good, tmp_path):
    cases = []
    for number, (name, data) in enumerate(kind(tmp_path, good)):
        source = tmp_path / f"sent-{number}.mp4"
        source.write_bytes(data)
        cases.append((name, source, tmp_path / f"out-{number}"))
    assert len(cases) >= 5
    with ThreadPoolExecutor(2) as pool:
        verdicts = dict(pool.map(lambda case: (case[0], _sent(*case[1:])), cases))
    loose = kind in (malformed, damaged) or "declared 65535 x 65535" in verdicts
    for name, verdict in verdicts.items():
        if name in NEUTRALISED:
            assert verdict == "kept", f"{name}: {verdict}"
        elif not loose:
            assert verdict != "kept", f"{name} was taken"


def _sent(source: Path, folder: Path) -> str:
    """ "kept", or the sentence of the refusal. A clip that is kept is whole and holds nothing but pictures and sound."""
    try:
        facts = video.run(source, folder, seconds=90)
    except video.Refused as refused:
        sentence = str(refused)
        assert sentence.endswith(".") and 40 < len(sentence) < 220 and "relais" not in sentence
        assert [file.name for file in folder.iterdir()] == [".lock"]
        return sentence
    for name in facts["sizes"]:
        data = (folder / name).read_bytes()
        assert SECRET.encode() not in data and b"script" not in data and b"+48.8" not in data
    if facts["kind"] == "video":
        told = clips.held(folder / "540.mp4")
        assert told["frames"] == round(facts["duration_ms"] / 1000 * told["rate"])
        assert 600 <= facts["duration_ms"] <= 1120
    return "kept"


def test_a_work_without_end_is_ended(tmp_path):
    source = clips.make(tmp_path / "heavy.mp4", width=720, height=1280, seconds=2, rate=25, sound=None)
    with pytest.raises(video.Refused, match="trop de temps"):
        video.run(source, tmp_path / "out", seconds=0.6)


def test_the_largest_that_is_taken_fits_in_its_memory(tmp_path):
    source = clips.make(tmp_path / "wide.mp4", width=4096, height=4096, seconds=0.4, sound=None)
    facts = video.run(source, tmp_path / "out")
    assert facts["shapes"] == {"540": [540, 540], "1080": [1080, 1080]}
