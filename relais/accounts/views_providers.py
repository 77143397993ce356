"""The pages where administrators say by which accounts an organisation is reached and read: « Réseaux et messageries »."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.channels import accounts, readings
from relais.channels.models import ChannelAccount, Way
from relais.foundation import refusals, sites

from . import providers as services
from .forms_providers import FORMS, TryForm
from .models import AccessRecord, Role, User
from .permissions import roles

HISTORY = 20
WEBHOOKS = {
    Way.SMS: ("webhook_sms_signed", "webhook_sms_account"),
    Way.DISCORD: ("webhook_discord", "webhook_discord_account"),
}
"""Where its provider knocks: at the account of the installation, at that of an organisation."""


@roles(Role.ADMINISTRATOR)
@require_safe
def channel_accounts(request):
    """Each place that one administers, with the accounts it has. One alone is shown at once."""
    places = list(request.user.administered().order_by("name", "pk"))
    if len(places) == 1 and not request.user.administers_all():
        return redirect("channel_accounts_of", places[0].pk)
    found = services.visible_to(request.user)
    serving: dict = {}
    for owner, channel in found.serving().order_by("channel").values_list("owner", "channel"):
        serving.setdefault(owner, []).append(Way(channel).label)
    context = {
        "places": places,
        "runs_all": request.user.administers_all(),
        "serving": serving,
        "asked": set(found.waiting(timezone.now()).order_by().values_list("owner", flat=True)),
        "failing": {one.owner for one, _ in services.failing(request.user, timezone.now())},
        "for_all": services.FOR_ALL,
    }
    return render(request, "accounts/channel_places.html", context)


@roles(Role.ADMINISTRATOR)
@require_safe
def channel_accounts_of(request, place):
    return _ways(request, get_object_or_404(request.user.administered(), pk=place).pk)


@roles(Role.ADMINISTRATOR, of_host=True)
@require_safe
def channel_accounts_installation(request):
    return _ways(request, None)


def _ways(request, owner):
    """Every way, and by which account this place is reached by it."""
    now = timezone.now()
    rows = services.visible_to(request.user).filter(owner=owner)
    context = {
        "place": services.place(owner),
        "owner": owner,
        "ways": [(way, way.label, services.page_of(owner, way)) for way in Way],
        "serving": {one.channel: services.title(one) for one in rows.serving()},
        "shared": {way for way in Way if owner and accounts.of(way, None)},
        "asked": set(rows.waiting(now).order_by().values_list("channel", flat=True)),
        "failing": {one.channel for one, _ in services.failing(request.user, now) if one.owner == owner},
        "lists": _lists(request.user),
    }
    return render(request, "accounts/channel_ways.html", context)


@roles(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def channel_account(request, place, way):
    """The account of an organisation: what serves, what somebody asks for, and a form to ask for another."""
    return _account(request, get_object_or_404(request.user.administered(), pk=place).pk, way)


@roles(Role.ADMINISTRATOR, of_host=True)
@require_http_methods(["GET", "HEAD", "POST"])
def channel_account_installation(request, way):
    """The account of the installation, for all who have none of their own."""
    return _account(request, None, way)


def _account(request, owner, way):
    if way not in FORMS:
        raise Http404
    form = FORMS[way](request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form):
            services.ask(actor=request.user, channel=way, owner=owner, values=form.cleaned_data, now=timezone.now())
            messages.success(request, "La demande est faite : une autre personne de l’administration doit l’accepter.")
            return redirect(services.page_of(owner, way))
    return _page(request, owner, way, form)


def _page(request, owner, way, form=None, trying=None, secret: str = ""):
    """`secret`: that of the door, drawn just now and shown this once."""
    rows = services.visible_to(request.user).filter(owner=owner, channel=way)
    serving, waiting = rows.serving().first(), rows.waiting(timezone.now()).first()
    tried = waiting or serving
    people = {
        one.pk: one.full_name or one.display_name for one in User.objects.filter(pk__in=_people(serving, waiting))
    }
    subject, kind = str(owner or "installation"), services.trace_kind(way)
    context = {
        "place": services.place(owner),
        "owner": owner,
        "way": way,
        "label": Way(way).label,
        "provided": services.WAYS[way],
        "serving": serving,
        "waiting": waiting,
        "reading": readings.of(serving) if serving else None,
        "by_all": owner and not serving and accounts.is_offered(way, None),
        "title": services.title,
        "people": people,
        "form": form or FORMS[way](),
        "tried": tried if tried and tried.values and services.WAYS[way].trial else None,
        "trying": (trying or TryForm(prefix="essai")) if way == Way.SMS else None,
        "tries": services.tries(tried) if tried else [],
        "here": services.page_of(owner, way),
        "above": _place_of(owner),
        "webhooks": _webhooks(owner, way, secret),
        "secret": secret,
        "life": ChannelAccount.LIFE,
        "history": AccessRecord.objects.filter(kind=kind, subject=subject).select_related("user")[:HISTORY],
    }
    wrong = (form and form.errors) or (trying and trying.errors)
    return render(request, "accounts/channel_account.html", context, status=422 if wrong else 200)


def _people(*found: ChannelAccount | None) -> set:
    return {by for one in found if one for by in (one.asked_by, one.confirmed_by) if by}


def _lists(user: User) -> bool:
    """Whether there is more than one place to choose from."""
    return user.administers_all() or user.administered().count() > 1


def _place_of(owner) -> str:
    return reverse("channel_accounts_of", args=[owner]) if owner else reverse("channel_accounts_installation")


def _webhooks(owner, way, secret: str) -> tuple[str, str]:
    """The addresses at which the provider knocks: with a signature, and with the secret at its end (only when it is known)."""
    if way not in WEBHOOKS:
        return "", ""
    for_all, each = WEBHOOKS[way]
    signed = reverse(each, args=[owner]) if owner else reverse(for_all)
    plain = reverse("webhook_sms_secret", args=[secret]) if secret else ""
    return sites.absolute(signed, organisation=owner), plain and sites.absolute(plain, organisation=owner)


def _of(request, pk) -> ChannelAccount:
    return get_object_or_404(services.visible_to(request.user), pk=pk)


@roles(Role.ADMINISTRATOR)
@require_POST
def confirm_channel_account(request, pk):
    return _done(request, pk, services.confirm, "C’est fait : ce compte est maintenant en service.")


@roles(Role.ADMINISTRATOR)
@require_POST
def drop_channel_account(request, pk):
    return _done(request, pk, services.drop, "La demande est retirée.")


@roles(Role.ADMINISTRATOR)
@require_POST
def end_channel_account(request, pk):
    return _done(request, pk, services.end, "Le compte est arrêté, et sa clé effacée.")


def _done(request, pk, service, said: str):
    account = _of(request, pk)
    with refusals.told(request):
        service(actor=request.user, pk=pk, now=timezone.now())
        messages.success(request, said)
    return redirect(services.page_of(account.owner, account.channel))


@roles(Role.ADMINISTRATOR)
@never_cache
@require_POST
def new_webhook_secret(request, pk):
    """The secret is in this answer and nowhere else: no page shows it again."""
    account = _of(request, pk)
    with refusals.told(request):
        secret = services.new_webhook_secret(actor=request.user, pk=pk, now=timezone.now())
        return _page(request, account.owner, account.channel, secret=secret)
    return redirect(services.page_of(account.owner, account.channel))


@roles(Role.ADMINISTRATOR)
@require_POST
def try_channel_account(request, pk):
    """What became of it is read on the page."""
    account = _of(request, pk)
    form = TryForm(request.POST, prefix="essai") if account.channel == Way.SMS else None
    if form is None or form.is_valid():
        number = form.cleaned_data["number"] if form else ""
        with refusals.on(form) if form else refusals.told(request):
            services.try_out(actor=request.user, account=account, number=number, now=timezone.now())
            messages.success(request, "L’essai part. Rechargez cette page dans un instant : elle dit ce qu’il en est.")
            return redirect(services.page_of(account.owner, account.channel))
    return _page(request, account.owner, account.channel, trying=form)
