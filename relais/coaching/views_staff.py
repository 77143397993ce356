"""The desk: the inbox by deadline, one conversation, and what to do with it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.models import Role
from relais.accounts.permissions import record_access, roles
from relais.catalogue.models import Structure
from relais.catalogue.selectors import UnknownCommune, commune_from, nearest_structures
from relais.foundation import outbox
from relais.foundation.models import Outbound

from . import handovers, live, selectors, services
from .forms import HandoverForm, ReplyForm
from .models import Callback, Conversation, Handover
from .views import after_of, form_of, wants_json

PAGE = 50
NEARBY = 8
desk_roles = roles(Role.MEDIATOR, Role.SUPERVISOR)


def visible(request, pk: UUID) -> Conversation:
    """The conversation, or 404 for whoever has no business with it."""
    conversations = Conversation.objects.visible_to(request.user).select_related("line__organisation", "journey__commune", "claimed_by")
    return get_object_or_404(conversations, pk=pk)


def _inbox(request) -> dict:
    conversations = Conversation.objects.visible_to(request.user).select_related("journey__commune", "claimed_by", "line").by_deadline()
    wanted = request.GET.get("voir", "ouvertes")
    if wanted == "miennes":
        conversations = conversations.filter(claimed_by=request.user)
    elif wanted == "terminees":
        conversations = conversations.filter(state=Conversation.State.CLOSED)
    else:
        wanted, conversations = "ouvertes", conversations.exclude(state=Conversation.State.CLOSED)
    conversations = conversations.annotate(wants_callback=Exists(Callback.objects.filter(conversation=OuterRef("pk"))))
    organisation = next((m.organisation_id for m in request.user.memberships.all() if m.role in (Role.MEDIATOR, Role.SUPERVISOR)), None)
    page = Paginator(conversations, PAGE).get_page(request.GET.get("page"))
    return {"page": page, "wanted": wanted, "at": timezone.now(), "organisation": organisation}


@desk_roles
@require_safe
def inbox(request):
    """All conversations one may see, those who wait first, by deadline."""
    return render(request, "coaching/inbox.html", _inbox(request))


@desk_roles
@never_cache
@require_safe
def inbox_list(request):
    """The list alone, to refresh an open inbox."""
    return render(request, "coaching/_inbox.html", _inbox(request))


@desk_roles
@require_safe
def desk(request, pk):
    """One conversation. Reading it leaves a trace."""
    return _desk_page(request, visible(request, pk), ReplyForm())


@desk_roles
@never_cache
@require_safe
def news(request, pk):
    conversation = visible(request, pk)
    return HttpResponse("".join(live.render(message, "staff") for message in selectors.thread(conversation, after=after_of(request))))


@desk_roles
@form_of("desk")
def claim(request, pk):
    """Take in hand; who lost the race is told who won, and stays on a page that works."""
    return _act(request, pk, services.claim)


@desk_roles
@form_of("desk")
def release(request, pk):
    return _act(request, pk, services.release)


@desk_roles
@form_of("desk")
def close(request, pk):
    return _act(request, pk, services.close)


@desk_roles
@form_of("desk")
def callback_done(request, pk):
    return _act(request, pk, services.callback_done)


@desk_roles
@form_of("desk")
def reply(request, pk):
    """Answer. Whatever is refused, the text stays in the box."""
    conversation = visible(request, pk)
    form = ReplyForm(request.POST)
    if form.is_valid():
        try:
            message = services.reply(conversation=conversation, user=request.user, now=timezone.now(), **form.cleaned_data)
        except services.CoachingError as error:
            form.add_error(None, str(error))
        else:
            if wants_json(request):
                return JsonResponse({"key": str(ReplyForm()["key"].value()), "seq": message.seq})
            return redirect("desk", pk=pk)
    if wants_json(request):
        return JsonResponse({"error": " ".join(error for errors in form.errors.values() for error in errors)}, status=422)
    return _desk_page(request, visible(request, pk), form, status=422)


@desk_roles
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request, pk):
    """Choose a structure by its distance from the person's commune, and write what would be passed on."""
    conversation = visible(request, pk)
    place, wrong_place = conversation.journey.commune, ""
    if typed := request.GET.get("commune", "").strip():
        try:
            place = commune_from(typed)
        except UnknownCommune as error:
            names = ", ".join(str(commune) for commune in error.suggestions[:5])
            wrong_place = f"{error} {'Vouliez-vous dire : ' + names + ' ?' if names else 'Essayez le code postal.'}"
    nearby = nearest_structures(place, limit=NEARBY) if place else []
    structures = Structure.objects.filter(pk__in=[structure.pk for structure in nearby])
    form = HandoverForm(request.POST or None, structures=structures)
    if request.method == "POST" and form.is_valid():
        try:
            handovers.propose(conversation=conversation, user=request.user, now=timezone.now(), **form.cleaned_data)
        except services.CoachingError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Proposé. Rien ne part avant l’accord de la personne.")
            return redirect("desk", pk=pk)
    context = {"conversation": conversation, "place": place, "nearby": nearby, "form": form, "typed": typed, "wrong_place": wrong_place}
    return render(request, "coaching/hand_over.html", context, status=422 if form.errors else 200)


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_safe
def letters(request):
    """Letters that did not leave, or of which nobody knows: a human decides."""
    page = Paginator(Outbound.objects.needing_a_human().order_by("-created_at", "id"), PAGE).get_page(request.GET.get("page"))
    return render(request, "coaching/letters.html", {"page": page})


@roles(Role.SUPERVISOR, Role.ADMINISTRATOR)
@require_POST
def send_again(request, pk):
    if outbox.send_again(pk, now=timezone.now()):
        record_access(request.user, "send-again", "outbound", pk, now=timezone.now())
        messages.success(request, "La lettre repart dans un instant.")
    return redirect("letters")


def _act(request, pk, service):
    conversation = visible(request, pk)
    try:
        service(conversation=conversation, user=request.user, now=timezone.now())
    except services.CoachingError as error:
        messages.warning(request, str(error))
    return redirect("desk", pk=pk)


def _desk_page(request, conversation, form, status=200):
    now = timezone.now()
    record_access(request.user, "read", conversation, now=now)
    context = {
        "conversation": conversation,
        "thread": selectors.thread(conversation),
        "stuck": set(Outbound.objects.needing_a_human().filter(key__startswith="handover:").values_list("key", flat=True)),
        "handovers": Handover.objects.filter(conversation=conversation).select_related("structure"),
        "callback": Callback.objects.filter(conversation=conversation).first(),
        "form": form,
        "at": now,
        "mine": conversation.claimed_by_id == request.user.pk,
        "may_take": conversation.claimed_by_id is None or Role.SUPERVISOR in request.user.roles(),
    }
    return render(request, "coaching/desk.html", context, status=status)
