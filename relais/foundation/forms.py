"""What every form stands on."""

import uuid

from django import forms

OLD = "Cette page est trop vieille : recharge-la."


class KeyedForm(forms.Form):
    """A form sent twice counts once: its key is made with the page."""

    key = forms.UUIDField(widget=forms.HiddenInput, error_messages={"invalid": OLD, "required": OLD})

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.fields["key"].initial = uuid.uuid4
