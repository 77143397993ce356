"""The shapes in which a letter is brought: as it is (« mime », « imap »), or taken apart in the JSON of a provider.

Shapes: developers.brevo.com/docs/inbound-parse-webhooks, dev.mailjet.com (Parse API), postmarkapp.com/developer/webhooks/inbound-webhook,
read 2026-11-22. Anything else raises Unknown, whatever it is.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from urllib.parse import unquote

from .content import READ
from .letter import House, Letter, read_mime, read_part
from .mime import FIELD, FIELDS, PARTS, Part, parse

MAILBOX = "imap"
WHOLE = {"mime", MAILBOX}
"""Letters as they are: brought, or given by a mailbox."""


class Unknown(Exception):
    """These bytes have not the shape that this provider documents."""


BROKEN = (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)


def read(shape: str, raw: bytes, house: House) -> list[Letter]:
    """The letters in one delivery."""
    if shape in WHOLE:
        return [read_mime(raw, house)]
    try:
        return SHAPES[shape](json.loads(raw), house)
    except BROKEN as error:
        raise Unknown(shape) from error


def _brevo(told: dict, house: House) -> list[Letter]:
    letters, broken = [], []
    for one in told["items"]:
        try:
            letters.append(_brevo_item(one, house))
        except BROKEN:
            broken.append(one)
    if broken and not letters:
        raise Unknown("brevo")
    return letters + [_as_it_is(one) for one in broken]


def _brevo_item(one: dict, house: House) -> Letter:
    headers = _headers(one["Headers"].items())
    # Attachments stay at the provider: they would be fetched only to be thrown away.
    files = [_file(file.get("Name"), file.get("ContentType")) for file in one.get("Attachments") or []]
    letter = _put_together(headers, one.get("RawTextBody"), one.get("RawHtmlBody"), files)
    return read_part(letter, house, return_path=_path(letter))


def _as_it_is(one) -> Letter:
    """One of several that has not the shape of the others: it holds back none, and a human sees all that it holds."""
    text = json.dumps(one, ensure_ascii=False, indent=1)
    number = sha256(text.encode("utf-8", "replace")).hexdigest()
    return Letter(number, "", "", text[:READ], "", "", None, "unreadable", len(text) > READ)


def _mailjet(told: dict, house: House) -> list[Letter]:
    headers = _headers(told["Headers"].items())
    files = [
        Part(
            _headers(one["Headers"].items()) | {"content-transfer-encoding": ["base64"]},
            told[one["ContentRef"]].encode("utf-8", "replace"),
        )
        for one in told.get("Parts") or []
        if "Attachment" in one.get("ContentRef", "")
    ]
    letter = _put_together(headers, told.get("Text-part"), told.get("Html-part"), files)
    return [read_part(letter, house, return_path=told.get("Sender"))]


def _postmark(told: dict, house: House) -> list[Letter]:
    if told.get("RecordType", "Inbound") != "Inbound":
        raise ValueError("Not a letter.")
    headers = _headers((one["Name"], one["Value"]) for one in told["Headers"])
    path = _path(Part(headers))
    if "RawEmail" in told:
        return [read_part(parse(told["RawEmail"].encode("utf-8", "replace")), house, return_path=path)]
    author = told["FromFull"]
    # They take these out of the headers.
    headers |= {"from": [f"<{author['Email']}>"], "subject": [_text(told.get("Subject"))[:FIELD]]}
    for name, field in (("date", "Date"), ("reply-to", "ReplyTo")):
        headers.setdefault(name, [_text(told.get(field))[:FIELD]])
    files = [
        _file(one.get("Name"), one.get("ContentType"), one.get("Content") or one["Data"], one.get("ContentID"))
        for one in told.get("Attachments") or []
    ]
    return [
        read_part(_put_together(headers, told.get("TextBody"), told.get("HtmlBody"), files), house, return_path=path)
    ]


SHAPES: dict[str, Callable[[dict, House], list[Letter]]] = {"brevo": _brevo, "mailjet": _mailjet, "postmark": _postmark}
PROVIDERS = ("mime", *SHAPES)


def _headers(pairs) -> dict[str, list[str]]:
    """Values are texts, or lists of texts when a header is there more than once."""
    found: dict[str, list[str]] = {}
    for name, values in list(pairs)[:FIELDS]:
        for value in values if isinstance(values, list) else [values]:
            found.setdefault(name.lower(), []).append(" ".join(str(value or "").split())[:FIELD])
    return found


def _path(letter: Part) -> str | None:
    return unquote(letter.first("return-path")) if "return-path" in letter.fields else None


def _put_together(headers: dict, text: str | None, html: str | None, files: list[Part]) -> Part:
    texts = [_leaf(kind, _text(words)) for kind, words in (("text/plain", text), ("text/html", html)) if words]
    kind = headers.get("content-type", [""])[0].partition(";")[0].strip().lower()
    # How it was packed is over; that it was a report is not.
    said = {"content-type": [kind if kind == "multipart/report" else "multipart/mixed"]}
    # Two versions of one text.
    body = [Part({"content-type": ["multipart/alternative"]}, parts=texts)] if texts else []
    return Part(headers | said, parts=[*body, *files[:PARTS]])


def _leaf(kind: str, words: str) -> Part:
    return Part({"content-type": [f"{kind}; charset=utf-8"]}, words.encode("utf-8", "replace"))


def _file(name: str | None, kind: str | None, content: str = "", number: str | None = None) -> Part:
    fields = {
        "content-type": [_text(kind)[:FIELD]],
        "content-disposition": ["attachment"],
        "content-transfer-encoding": ["base64"],
    }
    if number:
        fields |= {"content-id": [_text(number)[:FIELD]]}
    part = Part(fields, content.encode("utf-8", "replace"))
    part.given = _text(name)
    return part


def _text(value) -> str:
    if value is not None and not isinstance(value, str):
        raise TypeError("Not a text.")
    return value or ""
