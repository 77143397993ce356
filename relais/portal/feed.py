"""The testimonies as visitors meet them: the feed, what they follow, one story with all that goes with it."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from relais.accounts.permissions import public
from relais.campaigns.selectors import share_codes
from relais.foundation import sites
from relais.foundation.jinja import TOUCH_PARAMETER, touch_of
from relais.stories.feed import feed, preferences
from relais.stories.models import Story
from relais.stories.questions.questions import questions_context

FARTHEST = 1 + feed.NEWEST // feed.PER_PAGE


@public
@require_safe
def home(request):
    """« Pour toi »."""
    return _feed(request, "portal/home.html", only_followed=False)


@public
@require_safe
def followed(request):
    """« Suivis »: the occupations this device follows."""
    return _feed(request, "portal/followed.html", only_followed=True)


def _feed(request, template: str, *, only_followed: bool):
    own, number = preferences.read(request), _page_asked(request)
    page = feed.page(own, timezone.now(), number, only_followed=only_followed)
    if number > 1 and not page.panels:
        touch = touch_of(request)
        return redirect(f"{request.path}?{TOUCH_PARAMETER}={touch}" if touch else request.path)
    _give_addresses(request, page.panels)
    return preferences.personal(
        render(
            request,
            template,
            {"page": page, "preferences": own, "saver": _saves_data(request), "reaction_kinds": feed.REACTIONS},
        ),
        own,
    )


@public
@require_safe
def story(request, slug):
    """One story. One that was taken down says so (410) and leads on."""
    now, own = timezone.now(), preferences.read(request)
    panel = next(iter(feed.panels(Story.objects.exclude(published_at=None).filter(pk=slug), own)), None)
    if (
        panel is None
        or panel.story.published_at > now
        or panel.story.state not in (Story.State.PUBLISHED, Story.State.WITHDRAWN)
    ):
        raise Http404
    if not panel.story.is_published(now):
        return render(request, "stories/gone.html", status=410)
    _give_addresses(request, [panel])
    context = {
        "panel": panel,
        "story": panel.story,
        "root": sites.absolute("", request=request),
        "preferences": own,
        "saver": _saves_data(request),
    }
    context |= {"reaction_kinds": feed.REACTIONS} | questions_context(panel.story)
    return preferences.personal(render(request, "stories/story.html", context), own)


def _give_addresses(request, panels: list[feed.Panel]) -> None:
    """What each share button gives away: its own short touch, or the plain address while it has none."""
    codes = share_codes(panel.story.pk for panel in panels) if panels else {}
    for panel in panels:
        code = codes.get(panel.story.pk)
        panel.share = sites.absolute(f"/r/{code}" if code else panel.story.get_absolute_url(), request=request)


def _page_asked(request) -> int:
    asked = request.GET.get("page", "1")
    return min(max(int(asked), 1), FARTHEST) if asked.isascii() and asked.isdigit() and len(asked) < 5 else 1


def _saves_data(request) -> bool:
    return request.headers.get("Save-Data", "").strip().lower() == "on"
