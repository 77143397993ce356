"""The demonstration clips: made by this script from content/clips.toml, and packaged so that the site is alive offline at once.

    python -m relais.stories.demo.drawing FOLDER [SLUG…]

writes SLUG.mp4 (540 × 960), SLUG.webp, SLUG.small.webp and made.json. The same text gives the same pictures and the same music.
"""

import hashlib
import json
import sys
import tomllib
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
from av.video.reformatter import ColorRange
from PIL import Image, ImageDraw

from relais.media.video import Cue, lettering, poster
from relais.media.video.encode import BT709, Size

from . import music
from .motifs import MOTIFS, PALETTES, ease

CONTENT = Path(__file__).parents[1] / "content"
SPECS, CLIPS = CONTENT / "clips.toml", CONTENT / "clips"
WIDTH, HEIGHT, RATE = 1080, 1920, 25
"""What is drawn; half of it is encoded, which smooths the edges."""
SIZE = Size("540", WIDTH // 2, HEIGHT // 2, crf=30, peak=240, buffer=400)
MARK = "DÉMONSTRATION"
MARGIN = 76
LEADING = 1.02
AUDIENCES = ("enfants", "adultes-handicap", "difficulte-sociale", "personnes-agees", "malades")


@dataclass(frozen=True)
class Spec:
    """One clip. `cues`: [start, end, text] in seconds. `words`: what is written large, one a cue; `heads`: small lines above them."""

    slug: str
    title: str
    person: str
    job_form: str
    employer: str
    place: str
    commune: str
    occupation: str
    audience: str
    palette: str
    motif: str
    words: list[str]
    cues: list[list]
    image_description: str
    heads: list[str] | None = None

    @property
    def seconds(self) -> float:
        return self.cues[-1][1] + 0.5

    @property
    def captions(self) -> list[Cue]:
        return [Cue(round(start * 1000), round(end * 1000), text) for start, end, text in self.cues]

    @property
    def transcript(self) -> str:
        return "\n".join(text.replace("\n", " ") for _, _, text in self.cues)

    @property
    def mark(self) -> str:
        """Changes when what the script draws from this text changes."""
        drawn = [self.slug, self.palette, self.motif, self.words, self.heads, [cue[:2] for cue in self.cues]]
        return hashlib.sha256(json.dumps(drawn, ensure_ascii=False).encode()).hexdigest()[:16]


def specs() -> list[Spec]:
    return [Spec(**entry) for entry in tomllib.loads(SPECS.read_text("utf-8"))["clips"]]


def make_demo_clip(spec: Spec, target: Path) -> Image.Image:
    """Write the clip, an MP4 of 540 × 960 with its music. Returns the picture of its poster."""
    cover = None
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as out:
        shown = out.add_stream(
            "libx264", rate=RATE, options=SIZE.options(Fraction(RATE)) | {"preset": "slow", "tune": "animation"}
        )
        shown.width, shown.height, shown.pix_fmt = SIZE.width, SIZE.height, "yuv420p"
        context = shown.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        # One thread: the same pictures on every machine.
        context.color_range, context.thread_count = ColorRange.MPEG, 1
        heard = out.add_stream("aac", rate=music.HERTZ, layout="mono", bit_rate=40_000)
        heard.codec_context.flags |= av.codec.context.Flags.bitexact
        for number in range(round(spec.seconds * RATE)):
            picture = draw(spec, number / RATE)
            if number == round(1.4 * RATE):
                cover = picture
            frame = av.VideoFrame.from_image(picture).reformat(
                format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
            )
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            out.mux(shown.encode(frame))
        out.mux(shown.encode(None))
        sound = music.compose(spec.slug, spec.seconds)
        for place in range(0, sound.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(sound[:, place : place + 1024].copy(), "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = music.HERTZ, place, Fraction(1, music.HERTZ)
            out.mux(heard.encode(frame))
        out.mux(heard.encode(None))
    return cover


def draw(spec: Spec, time: float) -> Image.Image:
    """The picture at `time` seconds, 540 × 960."""
    colours = PALETTES[spec.palette]
    picture = Image.new("RGB", (WIDTH, HEIGHT), colours.ground)
    pen = ImageDraw.Draw(picture)
    MOTIFS[spec.motif](pen, time, colours)
    _words(pen, spec, time, colours)
    _mark(pen, colours)
    return picture.reduce(2)


def _words(pen: ImageDraw.ImageDraw, spec: Spec, time: float, colours) -> None:
    """The words of the cue under way, word after word; each waits for the last to be read before it leaves."""
    rank = max((place for place, cue in enumerate(spec.cues) if cue[0] <= time), default=0)
    text, since = lettering.drawable(spec.words[rank]), time - spec.cues[rank][0]
    top = 250
    if spec.heads:
        face = lettering.font(800, 40)
        pen.text(
            (MARGIN, top), lettering.drawable(spec.heads[rank]).upper(), font=face, fill=colours.words, anchor="la"
        )
        top += 76
    size, face, lines = _largest(text)
    order = 0
    for row, line in enumerate(lines):
        x = MARGIN - size * 0.05
        for word in line.split(" "):
            come = ease((since - order * 0.09) / 0.22)
            if come > 0:
                pen.text(
                    (x, top + row * size * LEADING + (1 - come) * 36),
                    word,
                    font=face,
                    fill=blend(colours.ground, colours.words, come),
                    anchor="la",
                )
            x += face.getlength(word + " ")
            order += 1
    if spec.heads and rank == 0:
        # What is wrongly believed is struck out before the rest arrives.
        _strike(pen, lines, face, top, ease((time - spec.cues[0][1] + 0.5) / 0.4), colours)


@cache
def _largest(text: str):
    """Size, typeface and lines: the largest letters that fit, unless smaller ones make lines of nearer lengths."""
    best = None
    for size in range(168, 76, -4):
        face = lettering.font(800, size)
        lines = lettering.wrap(text, face, WIDTH - 2 * MARGIN, 4)
        if lines and len(lines) * size * LEADING <= 480:
            lengths = [face.getlength(line) for line in lines]
            score = size * (0.5 + 0.5 * min(lengths) / max(lengths))
            if best is None or score > best[0]:
                best = (score, (size, face, lines))
    return best[1]


def _strike(pen, lines: list[str], face, top: float, part: float, colours) -> None:
    for row, line in enumerate(lines):
        done = min(1.0, max(0.0, part * len(lines) - row))
        y = top + (row + 0.56) * face.size * LEADING
        if done > 0:
            pen.line(
                (MARGIN - 10, y, MARGIN - 10 + (face.getlength(line) + 20) * done, y), fill=colours.first, width=16
            )


def blend(one: str, other: str, part: float) -> tuple[int, int, int]:
    """A colour between two, given as #rrggbb."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return tuple(round(first + (second - first) * part) for first, second in pairs)


def _mark(pen: ImageDraw.ImageDraw, colours) -> None:
    face = lettering.font(800, 30)
    wide = face.getlength(MARK)
    pen.rectangle((MARGIN, 150, MARGIN + wide + 36, 206), fill=colours.words)
    pen.text((MARGIN + 18, 178), MARK, font=face, fill=colours.ground, anchor="lm")


def main(words: list[str]) -> int:
    folder, wanted = Path(words[0]), set(words[1:])
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / "made.json"
    made = json.loads(listed.read_text()) if listed.exists() and wanted else {}
    for spec in specs():
        if not wanted or spec.slug in wanted:
            cover = make_demo_clip(spec, folder / f"{spec.slug}.mp4")
            poster.write_poster(cover, folder / f"{spec.slug}.webp")
            poster.write_thumbnail(cover, folder / f"{spec.slug}.small.webp")
            made[spec.slug] = spec.mark
            print(f"{spec.slug}: {spec.seconds:.1f} s, {(folder / f'{spec.slug}.mp4').stat().st_size // 1000} kB")
    listed.write_text(json.dumps(made, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
