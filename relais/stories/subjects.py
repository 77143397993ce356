"""Stories: folders of files are part of them."""

from django.urls import reverse

from relais.foundation.subjects import Kind, Subject, add, declare

from .models import FILES, Story
from .studio.files import StoryFiles
from .studio.history import subject_of


class Stories(Kind):
    code, model = FILES, Story

    def describe(self, row: Story) -> Subject:
        return Subject(
            kind=self.code,
            pk=row.pk,
            organisation_id=row.organisation_id,
            title=row.title,
            address=reverse("studio_story", args=[row.slug]),
            ids={"touch": "", "journey": None, "subject": subject_of(row.slug)},
            row=row,
        )


declare(Stories())
add(StoryFiles())
