"""The studio's files: what is being sent, what is being made of it, and the captions written beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from relais.accounts.lock import unattended
from relais.accounts.permissions import roles
from relais.foundation import meanwhile, refusals
from relais.media import clips, owners, photos, previews, uploads
from relais.media.models import Clip, Upload
from relais.media.storage import media

from ..models import Story
from . import captions, editor, files, services
from .forms_files import AnnounceForm, OffsetForm, PhotosForm, PlainForm

studio_roles = roles(*services.MAKERS)
CAPTION_FILE = 1_000_000
"""Bytes of a caption file at most."""
AFTER = {Upload.Purpose.CLIP: "video", Upload.Purpose.PHOTO: "video", Upload.Purpose.PROOF: "accords"}


class Unreadable(refusals.NotAcceptable):
    """What carries the piece is not as a program has to write it."""

    status = 400


class TooLong(refusals.NotAcceptable):
    """More bytes than are taken at once."""

    status = 413


def visible(request, slug: str) -> Story:
    return get_object_or_404(Story.objects.visible_to(request.user).select_related("clip", "folder"), slug=slug)


def visible_upload(request, pk: UUID) -> Upload:
    seen = Upload.objects.filter(folder__in=owners.visible_to(request.user)).select_related("folder__story")
    return get_object_or_404(seen, pk=pk)


# --- files on their way


@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
@refusals.as_json
def send(request, slug):
    """Announce a file (name, size, purpose) and be told where its pieces go; or, from a plain form, a small file at once."""
    story = visible(request, slug)
    if request.method != "POST":
        return redirect("studio_video", slug)
    if "file" in request.FILES:
        return _send_plainly(request, story)
    form = AnnounceForm(request.POST)
    if not form.is_valid():
        raise refusals.NotAcceptable(refusals.sentence(form))
    upload = uploads.begin(folder=story.folder, user=request.user, now=timezone.now(), **form.cleaned_data)
    return JsonResponse(_told(upload), status=201)


def _send_plainly(request, story: Story):
    form, now = PlainForm(request.POST, request.FILES), timezone.now()
    if form.is_valid():
        file, purpose = form.cleaned_data["file"], form.cleaned_data["purpose"]
        with refusals.on(form):
            upload = uploads.begin(
                folder=story.folder, user=request.user, purpose=purpose, name=file.name, size=file.size, now=now
            )
            file.seek(upload.received)
            uploads.receive(upload=upload, offset=upload.received, piece=file.read(), now=now)
    if form.errors:
        messages.error(request, refusals.sentence(form))
        return redirect(f"/pro/studio/{story.slug}/{AFTER.get(request.POST.get('purpose'), 'video')}")
    messages.success(request, f"« {file.name} » est arrivé.")
    return redirect(_after(upload))


@unattended
@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
@refusals.as_json
def piece(request, pk):
    """Bytes of a file: the body, at `Upload-Offset`. GET tells how many are here."""
    upload = visible_upload(request, pk)
    if request.method != "POST":
        return JsonResponse(_told(upload))
    form = OffsetForm({"offset": request.headers.get("upload-offset", "")})
    if not form.is_valid():
        raise Unreadable("L’en-tête Upload-Offset dit où commence le morceau, en octets.")
    if int(request.headers.get("content-length") or 0) > uploads.PIECE:
        raise TooLong(f"Un morceau fait {uploads.PIECE} octets au plus.")
    upload = uploads.receive(upload=upload, offset=form.cleaned_data["offset"], piece=request.body, now=timezone.now())
    return JsonResponse(_told(upload))


@studio_roles
@require_POST
def forget(request, pk):
    """Give up a file that is on its way."""
    upload = visible_upload(request, pk)
    if upload.completed_at is None:
        uploads.discard(upload=upload)
    return redirect(_after(upload))


@studio_roles
@require_safe
def proof(request, pk):
    """A signed agreement, to keep: never shown inside a page of ours."""
    upload = visible_upload(request, pk)
    if upload.purpose != Upload.Purpose.PROOF or not uploads.is_whole(upload):
        raise Http404
    # In one piece (10 MB at most): a slow reader must not hold a thread of the pages.
    headers = {"Content-Disposition": content_disposition_header(True, upload.name)}
    return HttpResponse(media().read(upload.file), content_type=uploads.kind_of(upload), headers=headers)


def _told(upload: Upload) -> dict:
    told = {
        "id": str(upload.pk),
        "received": upload.received,
        "size": upload.size,
        "address": f"/pro/studio/envois/{upload.pk}",
    }
    return told | ({"next": _after(upload)} if upload.completed_at else {})


def _after(upload: Upload) -> str:
    return f"/pro/studio/{upload.folder.story.slug}/{AFTER[upload.purpose]}"


# --- the page of a video or a sound


@dataclass
class Draft:
    """The words as they stand in the page, saved or not."""

    rows: list
    transcript: str
    image_description: str
    seen: str
    is_saved: bool = True
    errors: list = field(default_factory=list)


def _saved(story: Story) -> Draft:
    return Draft(
        editor.rows_of(captions.saved(story.cues)),
        story.transcript,
        story.image_description,
        meanwhile.fingerprint(services.told_words(story)),
    )


def _typed(request) -> Draft:
    given = request.POST
    rows = editor.rows_from(given.getlist("start"), given.getlist("end"), given.getlist("text"))
    return Draft(
        rows,
        _trimmed(given.get("transcript", "")),
        _trimmed(given.get("image_description", "")),
        given.get("seen", ""),
        is_saved=False,
    )


def _trimmed(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
def video(request, slug):
    """The file of a story, and beside it what is read: captions, transcript, description."""
    story = visible(request, slug)
    if story.form in (Story.Form.TEXT, Story.Form.PHOTOS):
        return _photos_page(request, story) if story.form == Story.Form.PHOTOS else redirect("studio_story", slug)
    if request.method != "POST":
        return _page(request, story, _saved(story))
    draft, action = _typed(request), request.POST.get("action", "save")
    if action == "import":
        return _import(request, story, draft)
    if action == "add":
        return _page(request, story, draft)
    if action == "transcript":
        draft.transcript = captions.transcript(editor.cues_from(draft.rows) or [])
        return _page(request, story, draft)
    return _save(request, story, draft)


def _save(request, story: Story, draft: Draft):
    cues = editor.cues_from(draft.rows)
    if cues is None:
        draft.errors.append("Rien n’est encore enregistré : un temps est à corriger dans les lignes signalées.")
        return _page(request, story, draft, status=422)
    values = {
        "seen": draft.seen,
        "cues": cues,
        "transcript": draft.transcript,
        "image_description": draft.image_description,
    }
    with refusals.kept() as heard:
        held = editor.save(story=story, user=request.user, now=timezone.now(), **values)
        services.proofread(story=held, now=timezone.now())
        messages.success(request, "C’est enregistré.")
        return redirect("studio_video", story.slug)
    draft.errors.append(str(heard.refusal))
    if not isinstance(heard.refusal, refusals.ChangedMeanwhile):
        return _page(request, story, draft, status=409)
    story = visible(request, story.slug)
    draft.seen = meanwhile.fingerprint(services.told_words(story))
    return _page(request, story, draft, status=409, other=story)


def _import(request, story: Story, draft: Draft):
    """Cues of a file or of a pasted text, in the editor: they are saved once somebody has looked at them."""
    file = request.FILES.get("import_file")
    with refusals.kept() as heard:
        if file and file.size > CAPTION_FILE:
            raise captions.Unreadable(["Ce fichier dépasse 1 Mo : ce n’est pas un fichier de sous-titres."])
        read = captions.parse(file.read() if file else request.POST.get("import_text", ""))
        draft.rows = editor.rows_of(read.cues)
        return _page(request, story, draft, imported=len(draft.rows), unread=read.remarks)
    draft.errors += heard.refusal.errors
    return _page(request, story, draft, status=422)


def _page(
    request,
    story: Story,
    draft: Draft,
    *,
    status: int = 200,
    other: Story | None = None,
    imported: int = 0,
    unread: Iterable[str] = (),
):
    clip = story.clip
    cues = editor.cues_from(draft.rows) if draft.is_saved or not any(row.error for row in draft.rows) else None
    remarks: dict = {}
    for remark in captions.warnings(cues, duration_ms=clip.facts.get("duration_ms") if clip else None) if cues else []:
        remarks.setdefault(remark.place, []).append(remark.sentence)
    empty = [editor.Row() for _ in range(editor.EMPTY_ROWS)]
    context = {
        "story": story,
        "draft": draft,
        "rows": [*draft.rows, *empty],
        "remarks": remarks,
        "other": other,
        "other_captions": captions.to_srt(captions.saved(other.cues)) if other else "",
        "imported": imported,
        "unread": unread,
        "limits": {
            "lines": captions.LINES,
            "length": captions.LINE_LENGTH,
            "pace": captions.PACE,
            "short": captions.SHORTEST,
            "long": captions.LONGEST,
        },
        "is_changeable": story.state in services.CHANGEABLE,
    }
    return render(request, "stories/studio/clip.html", context | _files(request, story), status=status)


def _files(request, story: Story) -> dict:
    """What there is of the file: the version shown, the others, what is still on its way."""
    clip = story.clip if story.clip and story.clip.state == Clip.State.READY else None
    others = [one for one in story.clips.order_by("-created_at") if one.pk != story.clip_id]
    if clip:
        # A refusal has been read once a good file followed it.
        others = [one for one in others if one.state != Clip.State.REFUSED or one.created_at > clip.created_at]
    return {
        "clip": clip,
        "files": previews.addresses(clip) if clip else {},
        "pending": next((one for one in others if one.state in clips.PENDING), None),
        "others": [one for one in others if one.state not in clips.PENDING][:3],
        "unfinished": story.uploads.filter(completed_at=None, created_by=request.user).exclude(
            purpose=Upload.Purpose.PROOF
        ),
        "is_burnt_now": bool(clip) and clip.burn_digest == clips.digest_of(captions.saved(story.cues)),
        "may_leave": story.state in files.MAY_LEAVE,
        "is_burning": bool(clip) and clip.burn_state in clips.PENDING,
    }


@studio_roles
@require_safe
def progress(request, slug):
    """The fragment that says how far the preparation is, to refresh an open page."""
    story = visible(request, slug)
    response = render(request, "stories/studio/_clip_progress.html", {"story": story} | _files(request, story))
    response["Cache-Control"] = "no-store"
    return response


@studio_roles
@require_POST
def version(request, slug):
    """Show another version of the file."""
    story = visible(request, slug)
    with refusals.told(request):
        files.use(story=story, clip=_uuid(request.POST.get("clip", "")), user=request.user, now=timezone.now())
    return redirect("studio_video", slug)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@studio_roles
@require_http_methods(["GET", "HEAD", "POST"])
def network_copy(request, slug):
    """The copy with its captions in the picture: POST asks for it, GET fetches it."""
    story = visible(request, slug)
    if request.method == "POST":
        with refusals.told(request):
            files.ask_burn(story=story, now=timezone.now())
        return redirect("studio_video", slug)
    if not (story.clip and story.clip.burn_state == Clip.State.READY):
        raise Http404
    if story.state not in files.MAY_LEAVE:
        messages.error(request, "Cette copie sort d’ici : elle se télécharge une fois le témoignage approuvé.")
        return redirect("studio_video", slug)
    if story.clip.burn_digest != clips.digest_of(captions.saved(story.cues)):
        # A copy made before the last correction must not leave: it would show the old mistake.
        messages.error(request, "Les sous-titres ont changé depuis que cette copie a été faite : refaites-la.")
        return redirect("studio_video", slug)
    return redirect(previews.address(story.clip, "network.mp4"))


@studio_roles
@require_safe
def caption_file(request, slug, kind):
    """The captions as saved, as SubRip or WebVTT."""
    story = visible(request, slug)
    cues = captions.saved(story.cues)
    text, mime = (
        (captions.to_srt(cues), "application/x-subrip") if kind == "srt" else (captions.to_vtt(cues), "text/vtt")
    )
    headers = {"Content-Disposition": f'attachment; filename="{story.slug}.{kind}"'}
    return HttpResponse(text, content_type=f"{mime}; charset=utf-8", headers=headers)


# --- the page of a series of photos


def _photos_page(request, story: Story):
    form = PhotosForm(request.POST if request.method == "POST" else None, photos=story.photos.all())
    if form.is_valid():
        with refusals.on(form):
            photos.save(folder=story.folder, user=request.user, now=timezone.now(), **form.told())
            messages.success(request, "C’est enregistré.")
            return redirect("studio_video", story.slug)
    context = {
        "story": story,
        "form": form,
        "is_changeable": story.state in services.CHANGEABLE,
        "photos": [(photo, previews.photo_address(photo), form.fields_of(photo)) for photo in story.photos.all()],
    }
    return render(
        request, "stories/studio/photos.html", context | _files(request, story), status=422 if form.errors else 200
    )
