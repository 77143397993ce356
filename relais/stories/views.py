"""Testimonies, for everybody: nothing is asked, nothing is kept."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .models import Story

PER_PAGE = 20


@login_not_required
@require_safe
def story_list(request):
    stories = Story.objects.published().select_related("occupation")
    page = Paginator(stories, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "stories/list.html", {"page": page})


@login_not_required
@require_safe
def story(request, slug):
    found = get_object_or_404(Story.objects.published().select_related("occupation"), slug=slug)
    return render(request, "stories/story.html", {"story": found, "address": settings.SITE_URL + found.get_absolute_url()})
