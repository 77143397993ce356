"""Transcoding: both sizes as a multiple of bare x264 on the same pictures, and memory of the process that decodes.

Both run at the lowest priority, so what is compared is processor time; the wall clock is told beside it.

The clip is made here: 20 seconds of 1080 × 1920 at 30 pictures a second, moving shapes, a little noise and a tone. Bare x264
is given pictures that are already decoded and scaled, one size after the other, with the same preset and bounds.
"""

import json
import os
import sys
import time
from pathlib import Path

from bench.house import House, Line

SECONDS, RATE = 20, 30
RATIO, MEMORY = 1.25, 600
SLICE = 5
"""Seconds of pictures that bare x264 gets at a time, all in memory before its clock starts."""


def run(house: House):
    source, folder = house.data / "clip.mp4", house.data / "clip"
    house.ask("bench.transcode", "make", source)
    bare = house.ask("bench.transcode", "bare", source)
    whole = house.ask("bench.transcode", "whole", source, folder)
    ratio = whole["processor"] / bare["processor"]
    detail = (
        f"{SECONDS} s clip, preset {bare['preset']}: {whole['processor']:.1f} s of processor against {bare['processor']:.1f} s; "
        f"{whole['seconds']:.1f} s by the clock against {bare['seconds']:.1f} s"
    )
    yield Line("transcode, both sizes, x bare x264", f"{ratio:.2f}", f"<= {RATIO}", ratio <= RATIO, detail)
    yield Line(
        "transcode, memory",
        f"{whole['megabytes']:.0f} MB",
        f"<= {MEMORY} MB",
        whole["megabytes"] <= MEMORY,
        "the process that decodes",
    )
    for file in (source, *folder.iterdir()):
        file.unlink()


def make(source: Path) -> dict:
    import av

    graph = av.filter.Graph()
    nodes = [
        graph.add("testsrc2", f"size=1080x1920:rate={RATE}:duration={SECONDS}"),
        graph.add("noise", "alls=4:allf=t"),
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    tone = av.filter.Graph()
    ends = [
        tone.add("sine", f"frequency=330:duration={SECONDS}:sample_rate=48000"),
        tone.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
        tone.add("abuffersink"),
    ]
    tone.link_nodes(*ends).configure()
    with av.open(str(source), "w") as out:
        shown = out.add_stream(
            "libx264",
            rate=RATE,
            options={"preset": "ultrafast", "b": "16000k", "maxrate": "16000k", "bufsize": "16000k"},
        )
        shown.width, shown.height, shown.pix_fmt = 1080, 1920, "yuv420p"
        heard = out.add_stream("aac", rate=48_000, layout="stereo")
        for stream, sink in ((shown, nodes[-1]), (heard, ends[-1])):
            while True:
                try:
                    frame = sink.pull()
                except (av.error.EOFError, av.error.BlockingIOError):
                    break
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
    return {"bytes": source.stat().st_size}


def bare(source: Path) -> dict:
    """Seconds that x264 takes, by the clock and of processor, at the priority of the worker's process."""
    from fractions import Fraction

    import av

    from relais.media.video.encode import LARGE, PRESET, SMALL, threads

    os.nice(19)
    seconds = processor = 0.0
    for size in (SMALL, LARGE):
        context = av.codec.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = size.width, size.height, "yuv420p"
        context.time_base, context.framerate, context.thread_count = Fraction(1, RATE), Fraction(RATE), threads()
        context.options = size.options(Fraction(RATE))
        with av.open(str(source)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            decoded, held, last = container.decode(stream), [], False
            while not last:
                held = []
                for frame in decoded:
                    made = frame.reformat(size.width, size.height, "yuv420p", interpolation="BICUBIC")
                    made.pts, made.time_base, made.pict_type = (
                        round(frame.pts * stream.time_base * RATE),
                        Fraction(1, RATE),
                        0,
                    )
                    held.append(made)
                    if len(held) == SLICE * RATE:
                        break
                last = len(held) < SLICE * RATE
                start, spent = time.perf_counter(), time.process_time()
                for made in held:
                    context.encode(made)
                if last:
                    context.encode(None)
                seconds += time.perf_counter() - start
                processor += time.process_time() - spent
    return {"seconds": seconds, "processor": processor, "preset": PRESET}


def whole(source: Path, folder: Path) -> dict:
    """Everything the worker does, from the file sent to the last poster; memory is the peak of its child."""
    import resource

    from relais.media import video

    start = time.perf_counter()
    video.run(source, folder)
    seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": seconds, "processor": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1000}


if __name__ == "__main__":
    work, *files = sys.argv[1:]
    print(json.dumps({"make": make, "bare": bare, "whole": whole}[work](*map(Path, files))))
