"""What the studio's file pages are sent."""

from django import forms

from relais.media import uploads
from relais.media.models import Photo, Upload


class AnnounceForm(forms.Form):
    """A file about to come in pieces."""

    purpose = forms.ChoiceField(
        choices=Upload.Purpose.choices, error_messages={"invalid_choice": "Ce fichier n’a pas d’usage connu ici."}
    )
    name = forms.CharField(max_length=1000)
    size = forms.IntegerField(min_value=0, max_value=10**13)


class PlainForm(forms.Form):
    """A small file in one plain form."""

    purpose = forms.ChoiceField(choices=Upload.Purpose.choices)
    file = forms.FileField(allow_empty_file=True, max_length=1000)

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > uploads.PLAIN:
            raise forms.ValidationError(
                "Sans JavaScript, un fichier fait 1,9 Mo au plus. Activez JavaScript pour en envoyer un plus gros."
            )
        return file


class OffsetForm(forms.Form):
    offset = forms.IntegerField(min_value=0, max_value=10**13)


class PhotosForm(forms.Form):
    """A place, a description and a box « retirer » for each photo."""

    def __init__(self, *arguments, photos, **options):
        super().__init__(*arguments, **options)
        self.photos = list(photos)
        length = Photo._meta.get_field("description").max_length
        for number, photo in enumerate(self.photos, 1):
            self.fields[f"place-{photo.pk}"] = forms.IntegerField(
                label="Place", min_value=1, max_value=999, initial=number
            )
            self.fields[f"description-{photo.pk}"] = forms.CharField(
                label="Description, pour qui ne la voit pas",
                max_length=length,
                required=False,
                initial=photo.description,
                help_text="Elle sera demandée avant la publication.",
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self.fields[f"remove-{photo.pk}"] = forms.BooleanField(label="Retirer cette photo", required=False)

    def fields_of(self, photo: Photo) -> list:
        return [self[f"{name}-{photo.pk}"] for name in ("description", "place", "remove")]

    def told(self) -> dict:
        """Arguments of photos.save."""
        data = self.cleaned_data
        ordered = sorted(self.photos, key=lambda photo: data[f"place-{photo.pk}"])
        return {
            "described": [(photo.pk, data[f"description-{photo.pk}"]) for photo in ordered],
            "removed": {photo.pk for photo in ordered if data[f"remove-{photo.pk}"]},
        }
