"""Forms of the catalogue."""

from django import forms
from django.urls import reverse

from relais.foundation.forms import PublicNumberField

from .models import OfferReport, Structure
from .selectors import UnknownCommune, commune_from


class CorrectionForm(forms.ModelForm):
    commune = forms.CharField(label="Commune", max_length=100, help_text="Nom ou code postal. Exemple : Pau (64).")
    place_is_known = forms.BooleanField(label="J’ai vérifié ce lieu", required=False)
    phone = PublicNumberField(label="Téléphone", required=False, max_length=40)
    website = forms.URLField(label="Site web", required=False, assume_scheme="https")

    class Meta:
        model = Structure
        fields = ["email", "phone", "website"]
        labels = {"email": "Adresse e-mail"}

    field_order = ["commune", "place_is_known", "email", "phone", "website"]

    def __init__(self, *args, instance, **options):
        super().__init__(*args, instance=instance, **options)
        self.fields["commune"].initial = str(instance.commune) if instance.commune else ""
        self.fields["commune"].widget.attrs |= {"autocomplete": "off", "data-suggest": reverse("communes")}

    def clean_commune(self):
        try:
            return commune_from(self.cleaned_data["commune"])
        except UnknownCommune as error:
            choices = ", ".join(str(commune) for commune in error.suggestions[:5])
            advice = f"Est-ce l’une de celles-ci : {choices} ?" if choices else "Essayez le code postal."
            raise forms.ValidationError(f"{error} {advice}") from None


class ReportForm(forms.Form):
    ground = forms.ChoiceField(label="Ce qui ne va pas", choices=OfferReport.Ground.choices, widget=forms.RadioSelect)
    detail = forms.CharField(
        label="Tu peux préciser",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="N’écris pas ton nom ni ton numéro.",
    )


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(choices=[("keep", "Garder l’offre"), ("remove", "Retirer l’offre")])
    reason = forms.CharField(label="Pourquoi", max_length=200, help_text="Une phrase. Elle reste dans les traces.")
