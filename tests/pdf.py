"""A PDF as its readers have it: judged against both norms, its text, its pages as pictures, its QR codes."""

import re
import unicodedata
from contextlib import closing

import page
import pypdfium2
import zxingcpp

NORMS = ("pdf-ua-1", "pdf-a-2a")
DOTS = 100
"""An inch, as a cheap printer and a hurried telephone have it."""


def faults(body: bytes) -> list[str]:
    """What each norm finds wrong in it."""
    found = []
    for norm in NORMS:
        report = page.validate_pdf_bytes(body, profile=norm)
        found += [
            f"{norm} {one.rule_id}: {one.message}" for one in report.failures if not _is_as_long_as_it_says(one, body)
        ]
        if not (report.failures or report.is_compliant):
            found.append(norm)
    return found


def _is_as_long_as_it_says(fault, body: bytes) -> bool:
    """One time in 256 a packed stream ends with 0x0D; the judge takes it for a part of the end of line, and the stream for a byte too short."""
    if not fault.rule_id.endswith("STREAM-LENGTH-001"):
        return False
    lengths = re.finditer(rb"<<(?:(?!endobj).)*?/Length (\d+)(?:(?!endobj|stream).)*>>\nstream\n", body, re.DOTALL)
    ends = [body[one.end() + int(one[1]) :][:11] for one in lengths]
    return len(ends) == body.count(b"\nstream\n") and set(ends) <= {b"\nendstream\n"}


def words(body: bytes) -> str:
    """Its text without what breaks lines: what is looked for in it goes through `tight` too."""
    with pypdfium2.PdfDocument(body) as document:
        texts = []
        for number in range(len(document)):
            with closing(document[number]) as leaf, closing(leaf.get_textpage()) as text:
                texts.append(text.get_text_range())
    return tight("".join(texts))


def tight(text: str) -> str:
    return unicodedata.normalize("NFC", re.sub(r"[\s\u200b\u00ad\ufffe]", "", text))


def leaves(body: bytes) -> int:
    with pypdfium2.PdfDocument(body) as document:
        return len(document)


def codes(body: bytes) -> list[str]:
    """What the QR codes of its first page say, read from a picture of it."""
    with pypdfium2.PdfDocument(body) as document, closing(document[0]) as leaf:
        picture = leaf.render(scale=DOTS / 72).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def ends(body: bytes) -> float:
    """How far to the right its words go, as a part of the width of the page."""
    with pypdfium2.PdfDocument(body) as document, closing(document[0]) as leaf, closing(leaf.get_textpage()) as text:
        return max(text.get_charbox(place)[2] for place in range(text.count_chars())) / leaf.get_width()
