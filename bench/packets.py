"""How many bytes of a file a player needs for its first seconds: `FILE SECONDS` → {"end": bytes}, as JSON."""

import json
import sys

import av


def end_of(path: str, seconds: float) -> int:
    """The offset behind the last packet that begins in the first `seconds`, everything before it included."""
    with av.open(path) as container:
        packets = (
            packet
            for packet in container.demux()
            if packet.pts is not None and packet.pos is not None and packet.pos >= 0
        )
        return max(packet.pos + packet.size for packet in packets if packet.pts * packet.time_base <= seconds)


if __name__ == "__main__":
    print(json.dumps({"end": end_of(sys.argv[1], float(sys.argv[2]))}))
