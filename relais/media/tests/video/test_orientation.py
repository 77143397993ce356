"""How a clip lies, and that it is shown upright."""

from fractions import Fraction

import av
import pytest

from relais.media.video import encode, reading

from . import clips

QUARTERS = [
    (1, 0, 0, 1),
    (-1, 0, 0, 1),
    (1, 0, 0, -1),
    (-1, 0, 0, -1),
    (0, 1, -1, 0),
    (0, -1, 1, 0),
    (0, 1, 1, 0),
    (0, -1, -1, 0),
]


@pytest.fixture(scope="module")
def lying(tmp_path_factory):
    """A file of which each test writes another display matrix."""
    return clips.make(
        tmp_path_factory.mktemp("lying") / "clip.mp4",
        width=320,
        height=180,
        seconds=0.2,
        sound="",
        picture=clips.corners,
    )


@pytest.mark.parametrize("matrix", QUARTERS, ids=str)
@pytest.mark.parametrize("off", [0, 0.1], ids=["exact", "a little askew"])
def test_each_way_a_picture_may_lie(lying, tmp_path, matrix, off):
    """Cameras that look at who holds them mirror: four ways to turn, and four more as in a mirror."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(clips.with_matrix(lying.read_bytes(), *(number or off for number in matrix)))
    with av.open(str(file)) as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))
        shape = reading.upright(frame, Fraction(1))
        shown = encode.Turner(stream, [shape])(frame)[0].to_ndarray(format="rgb24")
    a, b, c, d = matrix
    assert shape == ((320, 180) if a else (180, 320)) == (shown.shape[1], shown.shape[0])
    # Steps from the middle of what was filmed, and where they lead.
    for name, (right, down) in {"red": (-1, -1), "green": (1, -1), "blue": (-1, 1), "white": (1, 1)}.items():
        x, y = a * right + c * down, b * right + d * down
        red, green, blue = shown[int(shown.shape[0] * (0.5 + y / 4)), int(shown.shape[1] * (0.5 + x / 4))]
        assert name == {
            (True, False, False): "red",
            (False, True, False): "green",
            (False, False, True): "blue",
            (True, True, True): "white",
        }.get((red > 120, green > 120, blue > 120))


def test_a_matrix_that_says_nothing_turns_nothing(lying, tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(clips.with_matrix(lying.read_bytes(), 0, 0, 0, 0))
    with av.open(str(file)) as container:
        assert reading.orientation(next(container.decode(video=0))) == reading.UPRIGHT
