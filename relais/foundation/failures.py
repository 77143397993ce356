"""The pages that say what went wrong: to a visitor of the site (*tu*), to who works here (*vous*, in their own frame), or to a partner
without an account (*vous*, in the frame of the site).

The address says to whom: an error page must show when nothing else can be read. Each page is there twice, `portal/NAME.html` and
`portal/pro/NAME.html`; both give back what was typed, which its author would otherwise have to write again.
"""

import re

from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.template.loader import render_to_string

from . import refusals

WORK = ("/pro/", "/compte/")
PARTNER = "/orientation/"
"""Where a partner answers by the link of a letter."""
WRITTEN = {
    "access",
    "body",
    "detail",
    "details",
    "facts",
    "image_description",
    "import_text",
    "legal_notice",
    "lines",
    "message",
    "opinion",
    "parents_reason",
    "places",
    "reason",
    "reasons",
    "rooms",
    "summary",
    "text",
    "transcript",
    "words",
}
"""Fields in which people write sentences: given back by the page that could not take them, even a single word."""
SECRET = re.compile(r"pass(word|phrase|key)|secret|credential|code|otp|token", re.IGNORECASE)
"""In the name of a field: nobody writes sentences beside a secret, and what else stands in such a form says whose it is."""
TECHNICAL = {
    "about",
    "action",
    "appointment",
    "beside",
    "c",
    "choix",
    "clip",
    "csrfmiddlewaretoken",
    "end",
    "from",
    "guide",
    "handover",
    "key",
    "last",
    "move",
    "next",
    "other",
    "par",
    "pseudonym",
    "purpose",
    "retour",
    "seen",
    "start",
    "structure",
    "take",
    "time_zone",
    "token",
    "tri",
    "verdict",
}
"""What a page says to itself, or the program drew."""
CHOSEN = re.compile(
    r"[a-z_][a-z0-9_.:-]{0,39}|[A-Z0-9]{1,3}|[\d:T./-]{1,9}|\d{4}-\d\d-\d\d[\dT:. -]*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|True|False"
)
"""A value of a list, a number, a day: chosen, and chosen again in a moment."""
MOST = 30
"""Boxes on one page."""
SHORT = 200_000
"""Bytes of a form that holds sentences: what is longer brings a file, which no error page waits for."""
KEPT = "Votre texte est toujours dans la case : copiez-le."
IN_SHORT = {
    "400": ("On n’a pas compris cette demande.", "Nous n’avons pas compris cette demande."),
    "403": ("Cette page n’est pas ouverte ici.", "Cette page ne vous est pas ouverte."),
    "404": ("Rien à cette adresse.", f"Rien à cette adresse, ou rien qui soit ouvert à votre compte. {KEPT}"),
    "405": ("Cette adresse ne se lit pas de cette façon.", "Cette adresse ne se lit pas de cette façon."),
    "500": (
        "Quelque chose a cassé de notre côté. Réessaie dans quelques minutes.",
        f"Quelque chose a cassé de notre côté. {KEPT}",
    ),
    "503": (
        "Le site ne répond pas pour le moment. Réessaie dans quelques minutes.",
        "Le site ne répond pas pour le moment. Réessayez dans quelques minutes.",
    ),
    "stale_form": (
        "La page a attendu trop longtemps. Copie ton texte, puis recharge-la.",
        f"La page a attendu trop longtemps. {KEPT} Puis rechargez la page.",
    ),
}
"""The same for a program, which has no page to show: to a visitor, to who works here."""


def is_of_work(request) -> bool:
    return request.path_info.startswith(WORK)


def is_formal(request) -> bool:
    return is_of_work(request) or request.path_info.startswith(PARTNER)


def page(request, name: str, status: int, **context) -> HttpResponse:
    """The page `name`, or its sentence in JSON for a program. Reads nothing from the database for 400, 500 and 503."""
    formal = is_formal(request)
    if refusals.wants_json(request):
        return JsonResponse({"error": IN_SHORT[name][formal]}, status=status)
    context |= {"typed": typed(request), "at_work": is_of_work(request)}
    try:
        # The frame reads it, and it may itself be no text.
        request.GET.keys()
    except SuspiciousOperation:
        request = None
    return HttpResponse(
        render_to_string(f"portal/{'pro/' if formal else ''}{name}.html", context, request, using="jinja"),
        status=status,
    )


def typed(request) -> list[str]:
    """What was written in the form that could not be taken, a text for each field; nothing where the form itself cannot be read."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > SHORT:
            return []
        fields = list(request.POST.lists())
        with_secret = any(SECRET.search(name) for name, _ in fields)
        return [text for name, values in fields if (text := _text(name, values, with_secret))][:MOST]
    except (ValueError, SuspiciousOperation, UnreadablePostError, MultiPartParserError, RawPostDataException):
        return []


def _text(name: str, values: list[str], with_secret: bool) -> str:
    """What to give back of one field, its values one below the other; '' for nothing."""
    written = [value.replace("\0", "") for value in values if value.strip(" \t\r\n\0")]
    if name in WRITTEN:
        return "\n".join(written)
    if with_secret or name in TECHNICAL:
        return ""
    return "\n".join(value for value in written if not CHOSEN.fullmatch(value.strip()))
