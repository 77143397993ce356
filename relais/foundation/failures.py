"""The pages that say what went wrong: to a visitor of the site (*tu*), or to who works here (*vous*, in their own frame).

The address says to whom: an error page must show when nothing else can be read. Each page is there twice, `portal/NAME.html` and
`portal/pro/NAME.html`; both give back what was typed, which its author would otherwise have to write again.
"""

from django.core.exceptions import SuspiciousOperation
from django.http import HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.template.loader import render_to_string

from . import refusals

WORK = ("/pro/", "/compte/")
WRITTEN = ("body", "summary", "facts", "reason", "text", "details", "reasons", "opinion")
"""Fields in which people write sentences: given back by the page that could not take them."""
SHORT = 200_000
"""Bytes of a form that holds sentences: what is longer brings a file, which no error page waits for."""
KEPT = "Votre texte est toujours dans la case : copiez-le."
IN_SHORT = {
    "400": ("On n’a pas compris cette demande.", "Nous n’avons pas compris cette demande."),
    "403": ("Cette page n’est pas ouverte ici.", "Cette page ne vous est pas ouverte."),
    "404": ("Rien à cette adresse.", f"Rien à cette adresse, ou rien qui soit ouvert à votre compte. {KEPT}"),
    "405": ("Cette adresse ne se lit pas de cette façon.", "Cette adresse ne se lit pas de cette façon."),
    "500": ("Quelque chose a cassé de notre côté. Réessaie dans quelques minutes.", f"Quelque chose a cassé de notre côté. {KEPT}"),
    "503": ("Le site ne répond pas pour le moment. Réessaie dans quelques minutes.", "Le site ne répond pas pour le moment. Réessayez dans quelques minutes."),
    "stale_form": ("La page a attendu trop longtemps. Copie ton texte, puis recharge-la.", f"La page a attendu trop longtemps. {KEPT} Puis rechargez la page."),
}
"""The same for a program, which has no page to show: to a visitor, to who works here."""


def is_of_work(request) -> bool:
    return request.path_info.startswith(WORK)


def page(request, name: str, status: int, **context) -> HttpResponse:
    """The page `name`, or its sentence in JSON for a program. Reads nothing from the database for 400, 500 and 503."""
    at_work = is_of_work(request)
    if refusals.wants_json(request):
        return JsonResponse({"error": IN_SHORT[name][at_work]}, status=status)
    context["typed"] = typed(request)
    try:
        request.GET  # noqa: B018 (the frame reads it, and it may itself be no text)
    except SuspiciousOperation:
        request = None
    return HttpResponse(render_to_string(f"portal/{'pro/' if at_work else ''}{name}.html", context, request, using="jinja"), status=status)


def typed(request) -> list[str]:
    """What was written in the form that could not be taken; nothing where the form itself cannot be read."""
    try:
        if int(request.META.get("CONTENT_LENGTH") or 0) > SHORT:
            return []
        return [text.replace("\0", "") for name, text in request.POST.items() if name in WRITTEN and text.strip()]
    except (ValueError, SuspiciousOperation, UnreadablePostError, MultiPartParserError, RawPostDataException):
        return []
