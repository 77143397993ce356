"""The studio: the stories of a team, what each still lacks, and what to do with it."""

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.permissions import roles
from relais.foundation import meanwhile, refusals
from relais.media import previews
from relais.media.models import Clip

from ..models import Channel, Consent, ExternalCopy, Story
from . import gates, proofread_passages, rights, services
from .forms import ConsentForm, CopyForm, MistakeForm, MoveForm, StoryForm, WithdrawalForm
from .history import history
from .lists import LISTS

State = Story.State
TABS = {
    "en-cours": ("En cours", (State.IN_REVIEW, State.APPROVED, State.DRAFT)),
    "publies": ("Publiés", (State.PUBLISHED,)),
    "retires": ("Retirés", (State.WITHDRAWN,)),
}
DONE = {
    "submit": "Envoyé en relecture. Une autre personne va le lire.",
    "send_back": "Renvoyé en brouillon.",
    "approve": "Approuvé. Il peut être publié dès que rien ne manque.",
    "publish": "Publié. Il est visible dès maintenant.",
    "withdraw": "Retiré. Plus personne ne peut le voir sur ce site.",
    "resume": "C’est de nouveau un brouillon.",
}
studio_roles = roles(*services.MAKERS)


def visible(request, slug: str) -> Story:
    """The story with all that gates look at, or 404 for whoever has no business with it."""
    stories = gates.with_gates(Story.objects.visible_to(request.user)).select_related(
        "occupation", "commune", "offer", "created_by", "submitted_by"
    )
    return get_object_or_404(stories, slug=slug)


@studio_roles
@require_safe
def studio(request):
    """What is to be taken down elsewhere, then the stories by state, with what each lacks."""
    now = timezone.now()
    mine = Story.objects.visible_to(request.user)
    numbers = dict(mine.order_by().values_list("state").annotate(number=Count("pk")))
    tab = request.GET.get("voir") if request.GET.get("voir") in TABS else "en-cours"
    found = gates.with_gates(mine.filter(state__in=TABS[tab][1])).select_related("occupation", "submitted_by")
    listed = LISTS[tab].of(request, found, voir=tab)
    context = {
        "listed": listed,
        "missing": {story.pk: gates.missing(story, now) for story in listed.page.object_list},
        "tab": tab,
        "tabs": [(key, name, sum(numbers.get(state, 0) for state in states)) for key, (name, states) in TABS.items()],
        "to_take_down": rights.to_take_down(mine, now),
        "checks": _checks(request),
        "at": now,
    }
    return render(request, "stories/studio/studio.html", context)


@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    form = StoryForm(request.POST if request.method == "POST" else None, initial={"form": Story.Form.VIDEO})
    if form.is_valid():
        story = services.create(user=request.user, now=timezone.now(), **_values(form))
        services.proofread(story=story, now=timezone.now())
        messages.success(request, "Le brouillon est créé. Voici ce qu’il lui manque.")
        return redirect("studio_story", story.slug)
    return render(
        request, "stories/studio/edit.html", {"form": form, "story": None}, status=422 if form.errors else 200
    )


@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, slug):
    story = visible(request, slug)
    seen = meanwhile.fingerprint(services.told(story))
    form = StoryForm(request.POST if request.method == "POST" else None, instance=story, seen=seen)
    if form.is_valid():
        with refusals.on(form):
            services.edit(
                story=story, user=request.user, seen=form.cleaned_data["seen"], now=timezone.now(), **_values(form)
            )
            services.proofread(story=story, now=timezone.now())
            messages.success(request, "C’est enregistré, et relu.")
            return redirect("studio_story", slug)
        # Shown what the other wrote, a person who saves again has decided.
        form.data = form.data.copy()
        form.data["seen"] = meanwhile.fingerprint(services.told(Story.objects.get(pk=slug)))
    shown = Story.objects.select_related("occupation", "commune").get(pk=slug)
    return render(request, "stories/studio/edit.html", {"form": form, "story": shown}, status=refusals.status(form))


@studio_roles
@require_safe
def story(request, slug):
    return _page(request, slug)


@studio_roles
@require_POST
def move(request, slug):
    """Submit, send back, approve, publish, withdraw, resume: one form, one service each."""
    form = MoveForm(request.POST)
    found = visible(request, slug)
    if not form.is_valid():
        return _page(request, slug, problem=refusals.sentence(form))
    name, reason = form.cleaned_data["move"], form.cleaned_data["reason"]
    extra = (
        {"reason": reason}
        if name in ("send_back", "withdraw")
        else {"seen": form.cleaned_data["seen"]}
        if name == "approve"
        else {}
    )
    with refusals.on(form) as heard:
        getattr(services, name)(story=found, user=request.user, now=timezone.now(), **extra)
        messages.success(request, DONE[name])
        return redirect("studio_story", slug)
    if isinstance(heard.refusal, services.GatesClosed):
        return _page(request, slug, problem="Pas encore : voici ce qui manque.", refused=heard.refusal.gates)
    return _page(request, slug, problem=refusals.sentence(form), status=refusals.status(form))


@studio_roles
@require_POST
def proofread(request, slug):
    services.proofread(story=visible(request, slug), now=timezone.now())
    return redirect("studio_story", slug)


@studio_roles
@require_POST
def mistake(request, slug):
    """Put a suggestion in place, or say with a reason that there is no mistake."""
    form = MistakeForm(request.POST)
    found = visible(request, slug)
    if form.is_valid():
        data, now = form.cleaned_data, timezone.now()
        with refusals.on(form):
            if data["replacement"]:
                services.correct(
                    story=found, user=request.user, mistake=data["mistake"], replacement=data["replacement"], now=now
                )
                services.proofread(story=found, now=now)
            else:
                services.waive(story=found, user=request.user, mistake=data["mistake"], reason=data["reason"], now=now)
            return redirect("studio_story", slug)
    return _page(request, slug, problem=refusals.sentence(form))


@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
def consents(request, slug):
    """The agreements of a story, and a new one with its proof."""
    found = visible(request, slug)
    form = ConsentForm(request.POST if request.method == "POST" else None, proofs=rights.proofs(found))
    if form.is_valid():
        with refusals.on(form):
            rights.record_consent(story=found, user=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, "L’accord est enregistré.")
            return redirect("studio_story", slug)
    context = {
        "story": found,
        "form": form,
        "rights": rights.rights_of(found, timezone.now()),
        "channel_names": dict(Channel.choices),
    }
    context["unfinished"] = found.uploads.filter(created_by=request.user, completed_at=None)
    return render(request, "stories/studio/consents.html", context, status=422 if form.errors else 200)


@studio_roles
@require_POST
def withdraw_consent(request, pk):
    consent = get_object_or_404(
        Consent.objects.filter(story__in=Story.objects.visible_to(request.user)).select_related("story"), pk=pk
    )
    form = WithdrawalForm(request.POST)
    if form.is_valid():
        with refusals.on(form):
            rights.withdraw_consent(
                consent=consent, user=request.user, reason=form.cleaned_data["reason"], now=timezone.now()
            )
            messages.success(request, "L’accord est retiré. Ce qu’il couvrait n’est plus montré ici.")
            return redirect("studio_story", consent.story_id)
    return _page(request, consent.story_id, problem=refusals.sentence(form))


@studio_roles
@require_POST
def add_copy(request, slug):
    found = visible(request, slug)
    form = CopyForm(request.POST)
    if form.is_valid():
        with refusals.on(form):
            rights.add_copy(story=found, user=request.user, now=timezone.now(), **form.cleaned_data)
            return redirect("studio_story", slug)
    return _page(request, slug, problem=refusals.sentence(form), copy_form=form)


@studio_roles
@require_POST
def copy_taken_down(request, pk):
    copy = get_object_or_404(ExternalCopy.objects.filter(story__in=Story.objects.visible_to(request.user)), pk=pk)
    rights.copy_taken_down(copy=copy, user=request.user, now=timezone.now())
    messages.success(request, "Merci. C’est noté.")
    return redirect(
        "studio" if request.POST.get("from") == "studio" else "studio_story",
        *([] if request.POST.get("from") == "studio" else [copy.story_id]),
    )


def _page(request, slug, *, problem="", refused=(), copy_form=None, status=422):
    """One story, with all one may do with it. With a `problem`, the answer to a refused form."""
    now, story = timezone.now(), visible(request, slug)
    made = getattr(story, "proofreading", None)
    is_current = made is not None and made.digest == proofread_passages.digest(story)
    mistakes = gates.standing(story) if is_current else []
    copies = list(story.copies.select_related("posted_by", "taken_down_by"))
    for copy in copies:
        # The story that carries its agreements already, not one read again.
        copy.story = story
    context = {
        "story": story,
        "gates": gates.gates(story, now),
        "missing": gates.missing(story, now),
        "shown": proofread_passages.marked(story, mistakes),
        "mistakes": list({mistake["fingerprint"]: mistake for mistake in mistakes}.values()),
        "labels": proofread_passages.LABELS,
        "waivers": story.waivers.select_related("by"),
        "proofreading": made,
        "rights": list(rights.rights_of(story, now)),
        "channel_names": dict(Channel.choices),
        "copies": [(copy, rights.is_due(copy, now), rights.names_nothing(copy)) for copy in copies],
        "copy_form": copy_form or CopyForm(),
        **_seen(story),
        "steps": history(story),
        "may_check": story.organisation_id in _checks(request),
        "is_mine": story.submitted_by_id == request.user.pk,
        "may_change": story.state in services.CHANGEABLE,
        "problem": problem,
        "refused": refused,
        "at": now,
    }
    return render(request, "stories/studio/story.html", context, status=status if problem else 200)


def _seen(story: Story) -> dict:
    """What anybody who approves must have before their eyes, and the fingerprint of it that their approval carries."""
    clip = story.clip if story.clip and story.clip.state == Clip.State.READY else None
    return {
        "clip": clip,
        "files": previews.addresses(clip) if clip else {},
        "pictures": [(photo, previews.photo_address(photo)) for photo in story.photos.all()],
        "seen": meanwhile.fingerprint(services.told_whole(story)),
        "has_newer": story.clip is not None
        and story.clips.filter(created_at__gt=story.clip.created_at).exclude(state=Clip.State.REFUSED).exists(),
        "unseen": [gate for gate in gates.content_gates(story) if not gate.is_open],
    }


def _checks(request) -> set:
    """The organisations for which this person approves and publishes."""
    return set(request.user.organisations(*services.CHECKERS).values_list("pk", flat=True))


def _values(form: StoryForm) -> dict:
    return {name: form.cleaned_data[name] for name in services.FIELDS}
