"""A form that shows every kind of field, for the component page only."""

from django import forms


class Specimen(forms.Form):
    pseudonym = forms.CharField(label="Ton pseudo", max_length=30, help_text="Pas ton vrai nom.")
    message = forms.CharField(label="Ton message", widget=forms.Textarea(attrs={"rows": 3}))
    commune = forms.CharField(label="Ta commune", required=False)
    level = forms.ChoiceField(label="Ton niveau", choices=[("3", "CAP"), ("4", "Bac"), ("5", "Bac + 2")])
    way = forms.ChoiceField(
        label="Comment te répondre ?", widget=forms.RadioSelect, choices=[("here", "Ici"), ("email", "Par e-mail")]
    )
    day = forms.DateField(label="Un jour", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    agreed = forms.BooleanField(label="Je suis d’accord")
