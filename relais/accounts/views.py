"""The team: who works here, who is invited, who waits for an approval."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from relais.foundation import link_pages, refusals

from . import rights, services
from .forms import InvitationForm, OrganisationForm, RolesForm, WelcomeForm
from .lists import ACCOUNTS, as_seen_by
from .models import INVITATION, Invitation, Organisation, ReadingStop, RightRequest, Role, User
from .permissions import public, record_access, roles

ASKED = "C’est demandé. Rien n’est ajouté tant qu’une autre personne de l’administration n’a pas accepté : elle est prévenue par e-mail."


def _team(request, *, invitation=None, organisation=None, status=200):
    """The page of the team, with the forms that were refused in it."""
    now = timezone.now()
    administered = request.user.administered()
    visible = User.objects.visible_to(request.user)
    members = as_seen_by(request.user, visible.filter(is_active=True))
    listed = ACCOUNTS.of(request, members.exclude(approved_at=None))
    if kind := listed.wants_file:
        record_access(request.user, "export", "user", "team", now=now)
        return listed.as_file(kind)
    stops = list(ReadingStop.objects.filter(lifted_at=None, user__in=visible).select_related("user"))
    context = {
        "me": request.user,
        "stops": stops,
        "lifts": set(RightRequest.objects.waiting(now).filter(stop__in=stops).values_list("stop", flat=True))
        if stops
        else set(),
        "is_administrator": not request.user.roles().isdisjoint([Role.ADMINISTRATOR]),
        "administers_all": request.user.administers_all(),
        "listed": listed,
        "pending": members.filter(approved_at=None),
        "role_names": dict(Role.choices),
    }
    if context["is_administrator"]:
        asked = RightRequest.objects.waiting(now).filter(organisation__in=administered)
        context |= {
            "asked": asked.select_related("user", "organisation", "requested_by"),
            "closed": User.objects.administered_by(request.user).filter(is_active=False),
            "invitations": Invitation.objects.open(now)
            .filter(organisation__in=administered)
            .select_related("organisation", "invited_by"),
            "invitation_form": invitation or InvitationForm(organisations=administered),
            "organisation_form": organisation or OrganisationForm(),
        }
    return render(request, "accounts/team.html", context, status=status)


@roles(Role.ADMINISTRATOR, Role.SUPERVISOR)
@require_safe
def team(request):
    return _team(request)


@roles(Role.ADMINISTRATOR)
@require_POST
def invite(request):
    form = InvitationForm(request.POST, organisations=request.user.administered())
    if form.is_valid():
        with refusals.on(form, "email"):
            services.invite(actor=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, f"L’invitation part à {form.cleaned_data['email']}. Elle vaut sept jours.")
            return redirect("team")
    return _team(request, invitation=form, status=422)


@roles(Role.ADMINISTRATOR)
@require_POST
def withdraw_invitation(request, invitation_id):
    services.withdraw_invitation(actor=request.user, invitation_id=invitation_id, now=timezone.now())
    messages.success(request, "L’invitation est retirée : son lien ne sert plus.")
    return redirect("team")


@roles(Role.ADMINISTRATOR)
@require_POST
def add_organisation(request):
    if not request.user.administers_all():
        raise Http404
    form = OrganisationForm(request.POST)
    if not form.is_valid():
        return _team(request, organisation=form, status=422)
    organisation = services.add_organisation(actor=request.user, now=timezone.now(), **form.cleaned_data)
    messages.success(request, f"{organisation} est ajoutée.")
    return redirect("team")


@roles(Role.ADMINISTRATOR, Role.SUPERVISOR)
@require_POST
def lift_stop(request, stop_id):
    """Ask that an account that read too much work again; one's own cannot be, and another administrator decides."""
    people = User.objects.visible_to(request.user).exclude(pk=request.user.pk)
    stop = get_object_or_404(ReadingStop.objects.filter(user__in=people, lifted_at=None), pk=stop_id)
    if reason := request.POST.get("reason", "").strip()[:200]:
        with refusals.told(request):
            services.ask_to_lift(actor=request.user, stop=stop, reason=reason, now=timezone.now())
            messages.success(
                request,
                f"C’est demandé. Le compte de {stop.user} lira de nouveau dès qu’une autre personne de l’administration aura accepté.",
            )
    else:
        messages.warning(request, "Écrivez ce que vous avez vérifié : c’est gardé avec l’arrêt.")
    return redirect("team")


@roles(Role.ADMINISTRATOR)
@require_POST
def confirm_right(request, request_id):
    """A second administrator agrees to a right that another one asked for."""
    return _answer(request, request_id, rights.confirm, "C’est fait : vous avez accepté.")


@roles(Role.ADMINISTRATOR)
@require_POST
def drop_right(request, request_id):
    """Refuse what was asked, or take it back."""
    return _answer(request, request_id, rights.drop, "La demande est retirée : rien ne change.")


def _answer(request, request_id, service, done: str):
    with refusals.told(request):
        service(actor=request.user, request_id=request_id, now=timezone.now())
        messages.success(request, done)
    return redirect("team")


def _member(request, user_id):
    return get_object_or_404(User.objects.administered_by(request.user), pk=user_id)


@roles(Role.ADMINISTRATOR)
@require_safe
def member(request, user_id):
    """One person: approve, roles in each organisation, close the account."""
    person = _member(request, user_id)
    held: dict[Organisation, list[str]] = {}
    for membership in person.memberships.filter(organisation__in=request.user.administered()).select_related(
        "organisation"
    ):
        held.setdefault(membership.organisation, []).append(membership.role)
    context = {
        "person": person,
        "is_self": person == request.user,
        "can_approve": not person.is_approved and person.invited_by_id != request.user.pk,
        "asked": RightRequest.objects.waiting(timezone.now()).filter(
            user=person, organisation__in=request.user.administered()
        ),
        "roles_held": [
            (organisation, [Role(name).label.lower() for name in names]) for organisation, names in held.items()
        ],
        "role_forms": [
            (
                organisation,
                RolesForm(initial={"roles": names}, auto_id=f"{organisation.pk}-%s"),
                bool(rights.accepting(organisation, actor=request.user, user=person)),
            )
            for organisation, names in held.items()
        ],
    }
    return render(request, "accounts/member.html", context)


def _do(request, user_id, service, done: str, **options):
    """Call one service on one person, then say what it did, or why not."""
    person = _member(request, user_id)
    with refusals.told(request):
        asked = isinstance(service(actor=request.user, user_id=user_id, now=timezone.now(), **options), RightRequest)
        messages.success(request, ASKED if asked else done.format(person))
        return redirect("team") if service is services.deactivate_account else redirect("member", user_id)
    return redirect("member", user_id)


@roles(Role.ADMINISTRATOR)
@require_POST
def approve(request, user_id):
    return _do(request, user_id, services.approve_account, "Le compte de {} est ouvert.")


@roles(Role.ADMINISTRATOR)
@require_POST
def change_roles(request, user_id, organisation_id):
    person = _member(request, user_id)
    organisation = get_object_or_404(
        request.user.administered().filter(pk__in=person.memberships.values("organisation")), pk=organisation_id
    )
    form = RolesForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Ces rôles n’existent pas. Rechargez la page et recommencez.")
        return redirect("member", user_id)
    return _do(
        request,
        user_id,
        services.change_roles,
        "Les rôles de {} sont changés.",
        organisation=organisation,
        **form.cleaned_data,
    )


@roles(Role.ADMINISTRATOR)
@require_POST
def deactivate(request, user_id):
    return _do(request, user_id, services.deactivate_account, "Le compte de {} est fermé.")


@roles(Role.ADMINISTRATOR)
@require_POST
def reopen(request, user_id):
    """Ask that a closed account work again."""
    return _do(request, user_id, services.ask_to_reopen, "")


@public
@sensitive_post_parameters("password")
@link_pages.opens(INVITATION)
def invitation(request, secret):
    """The page behind the link of an invitation: a name, a password, then wait for a second person."""
    now = timezone.now()
    invited = services.find_invitation(secret=secret, now=now)
    form = WelcomeForm(request.POST or None, user=User(email=invited.email))
    if request.method == "POST" and form.is_valid():
        services.accept_invitation(secret=secret, now=now, **form.cleaned_data)
        messages.success(
            request, "Votre compte est créé. Dès qu’une seconde personne l’aura approuvé, vous recevrez un e-mail."
        )
        return redirect("account_login")
    return render(
        request, "accounts/invitation.html", {"invited": invited, "form": form, "role": Role(invited.role).label}
    )
