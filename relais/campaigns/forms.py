from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from relais.foundation.typed import one_line
from relais.stories.models import Story

from .models import Touch

# The one of the share button is made with the story.
MADE_BY_HAND = [choice for choice in Touch.Kind.choices if choice[0] != Touch.Kind.SHARE]

LONGEST = Touch._meta.get_field("label").max_length


class TouchForm(forms.ModelForm):
    """A new touch: what it is, what it is called, where it leads."""

    class Meta:
        model = Touch
        fields = ["kind", "label", "story"]
        help_texts = {
            "label": "Dites où ou dans quelle version on le rencontre : « Affiche, gare d’Orléans ». Aucun nom d’élève ou de jeune.",
            "story": "La page qui s’ouvre quand on suit le contact. Sans témoignage : la page d’accueil.",
        }

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.fields["kind"].choices = [("", "Choisissez une sorte"), *MADE_BY_HAND]
        self.fields["story"].queryset = Story.objects.published(timezone.now())
        self.fields["story"].empty_label = "La page d’accueil"

    def clean_label(self):
        label = one_line(self.cleaned_data["label"])
        if not any(character.isalnum() for character in label):
            raise ValidationError("Écrivez un nom avec des lettres ou des chiffres.")
        return label
