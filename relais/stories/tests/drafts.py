"""What tests of the studio's files stand on: a draft, a picture, a small video made here, a file sent in pieces."""

from uuid import uuid4

from relais.media import uploads
from relais.stories.models import Story
from tests import builders


def draft(user, now, form="video", **values) -> Story:
    """A story of the organisation of `user`."""
    slug = f"essai-{uuid4().hex[:8]}"
    organisation = user.memberships.get().organisation
    return Story.objects.create(
        slug=slug,
        title="Un essai",
        form=form,
        organisation=organisation,
        occupation=builders.occupation(),
        created_at=now,
        **values,
    )


def send(story, user, content: bytes, now, *, purpose="clip", name="essai.mp4", size=None, pieces=3):
    """The whole file, in `pieces`; gives the upload."""
    upload = uploads.begin(
        folder=story.folder, user=user, purpose=purpose, name=name, size=size or len(content), now=now
    )
    step = max(1, -(-len(content) // pieces))
    for offset in range(0, len(content), step):
        upload = uploads.receive(upload=upload, offset=offset, piece=content[offset : offset + step], now=now)
    return upload
