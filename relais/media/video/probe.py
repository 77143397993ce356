"""What a file turned out to hold."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Probe:
    """What a file holds. `kind`: video or audio. `width`, `height`: pixels as seen upright. `duration_ms`: as declared, 0 when the
    container does not say. `rate`: pictures a second. Codecs are FFmpeg's names, empty when there is none."""

    kind: str
    container: str
    duration_ms: int
    width: int = 0
    height: int = 0
    rate: float = 0
    video_codec: str = ""
    audio_codec: str = ""

    @property
    def has_audio(self) -> bool:
        return bool(self.audio_codec)

    def as_dict(self) -> dict:
        return asdict(self)
