"""What runs by itself: for those who look after the installation."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.foundation import refusals, schedule

from . import programme as services
from .forms_programme import JobForm
from .lists import JOBS, RUNS
from .models import AccessRecord, Role, User
from .permissions import roles

HISTORY = 20
of_the_host = roles(Role.ADMINISTRATOR, of_host=True)


@of_the_host
@require_safe
def programme(request):
    """Each job, what it did last, when it comes next: what went wrong first."""
    schedule.ensure(timezone.now())
    return JOBS.answer(
        request,
        schedule.known().with_last(),
        "accounts/programme.html",
        lambda listed: {"wrong": schedule.failing().count()},
    )


@of_the_host
@require_http_methods(["GET", "HEAD", "POST"])
def job(request, job):
    """One job: its hour, its days, on what, and its last runs."""
    row = _row(job)
    form = JobForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        with refusals.on(form) as heard:
            services.change(
                actor=request.user, job=job, values=form.values(), seen=form.cleaned_data["seen"], now=timezone.now()
            )
            messages.success(request, "C’est enregistré.")
            return redirect("job", job)
        if isinstance(heard.refusal, refusals.ChangedMeanwhile):
            form.shows_again(_row(job))
    runs = RUNS.of(request, row.runs.all())
    askers = {run.asked_by for run in runs.page.object_list} - {None}
    context = {
        "row": _row(job),
        "job": schedule.job_of(row),
        "lacks": schedule.job_of(row).lacks(),
        "form": form,
        "listed": runs,
        "askers": {user.pk: user.named for user in User.objects.filter(pk__in=askers)},
        "history": AccessRecord.objects.filter(kind=services.KIND, subject=job).select_related("user")[:HISTORY],
    }
    return render(request, "accounts/job.html", context, status=refusals.status(form))


@of_the_host
@require_POST
def run_now(request, job):
    _row(job)
    with refusals.told(request):
        services.run_now(actor=request.user, job=job, now=timezone.now())
        messages.success(request, "C’est demandé : cela commence dès que le programme de fond est libre.")
    return redirect("job", job)


def _row(job: str):
    schedule.ensure(timezone.now())
    return get_object_or_404(schedule.known().with_last(), job=job)
