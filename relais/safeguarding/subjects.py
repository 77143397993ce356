"""Danger files: opening one is traced and counted, like any file of a person."""

from django.urls import reverse

from relais.foundation.subjects import Kind, Subject, declare

from .danger import KIND
from .models import DangerFile


class DangerFiles(Kind):
    code, model = KIND, DangerFile

    def describe(self, row: DangerFile) -> Subject:
        return Subject(
            kind=self.code,
            pk=row.pk,
            organisation_id=row.organisation_id,
            title="Dossier de danger",
            address=reverse("danger", args=[row.pk]),
            ids={"touch": "", "journey": None, "subject": row.pk},
            row=row,
        )


declare(DangerFiles())
