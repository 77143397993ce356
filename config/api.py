"""The JSON door of the site, at /api/v1/. Every refusal is {"error": "a sentence"}."""

from django.http import Http404, JsonResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from relais.accounts.permissions import public
from relais.catalogue.api import router as catalogue
from relais.insights.api import router as figures

api = NinjaAPI(title="Relais", version="1", docs_url=None, openapi_url="/openapi.json", urls_namespace="api")
api.add_router("", catalogue)
api.add_router("", figures)


@api.exception_handler(ValidationError)
def malformed(request, error):
    names = sorted({str(one["loc"][-1]) for one in error.errors})
    what = "Ce paramètre n’est pas valable" if len(names) < 2 else "Ces paramètres ne sont pas valables"
    return api.create_response(request, {"error": f"{what} : {', '.join(names)}."}, status=422)


@api.exception_handler(HttpError)
def refused(request, error):
    return api.create_response(request, {"error": error.message}, status=error.status_code)


@api.exception_handler(Http404)
def missing(request, error):
    return api.create_response(request, {"error": "Il n’y a rien à cette adresse."}, status=404)


@public
def nowhere(request, rest):
    return JsonResponse({"error": "Il n’y a rien à cette adresse."}, status=404)


_patterns, *_names = api.urls
for _pattern in _patterns:
    public(_pattern.callback)
urls = ([*_patterns, path("<path:rest>", nowhere)], *_names)
"""For config/urls.py: `path("api/v1/", api.urls)`."""
