"""`python -m relais.documents.child PARENT` sets one document: the files of a template come in, a PDF goes out. It knows no Django.

No text of ours runs in it that a person wrote; but what they wrote may be long or strange enough to hold a typesetter for ever.
"""

import sys

import msgspec

from relais.foundation import confined

LIMITS = confined.Limits(memory=3_000_000_000, processor_seconds=40, file=0)
STANDARDS = ["ua-1", "a-2a"]


class Asked(msgspec.Struct):
    """`files`: by name, « main.typ » first of all. `at`: seconds since 1970, the date of the document."""

    files: dict[str, bytes]
    fonts: str
    at: int


class Set(msgspec.Struct):
    """`pdf`, or why there is none: `sign` for one that no face draws, else what typst says, which may hold words of the person."""

    pdf: bytes = b""
    sign: bool = False
    fault: str = ""


def typeset(asked: Asked) -> Set:
    import typst

    try:
        pdf = typst.compile(
            asked.files, font_paths=[asked.fonts], ignore_system_fonts=True, pdf_standards=STANDARDS, timestamp=asked.at
        )
    except typst.TypstError as error:
        said = str(error)
        return Set(sign="could not be displayed" in said or "codepoint" in said, fault=said)
    return Set(pdf=pdf)


if __name__ == "__main__":
    confined.confine(int(sys.argv[1]), LIMITS)
    sys.stdout.buffer.write(
        msgspec.msgpack.encode(typeset(msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Asked)))
    )
