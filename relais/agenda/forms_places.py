"""What an organisation writes about a place where it sees people."""

from django import forms

from relais.accounts.models import Organisation
from relais.foundation.hours import DAYS

from . import places
from .models import MeetingPlace


class PlaceForm(forms.ModelForm):
    """Cleans to `rooms`, their names, besides the fields of the place. `organisations`: for which of them a new one may be."""

    days = forms.TypedMultipleChoiceField(
        label="Jours où l’on y reçoit",
        coerce=int,
        choices=list(enumerate(day.capitalize() for day in DAYS)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Cochez au moins un jour.",
            "invalid_choice": "Choisissez des jours de la semaine.",
        },
    )
    rooms = forms.CharField(
        label="Salles, une par ligne",
        required=False,
        max_length=(places.LONGEST_NAME + 2) * places.ROOMS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Une salle n’est jamais donnée à deux rendez-vous à la même heure. Vide : le lieu reçoit sans compter.",
    )

    class Meta:
        model = MeetingPlace
        fields = ["name", "address", "commune", "access", "days", "is_closed"]
        labels = {
            "name": "Nom du lieu",
            "address": "Adresse",
            "commune": "Commune",
            "access": "Comment y venir",
            "is_closed": "Ne plus proposer ce lieu",
        }
        help_texts = {
            "name": "Comme on l’appelle : « Antenne de Montargis ».",
            "access": "Bus, entrée, étage, ascenseur : la personne le lit une fois son rendez-vous pris.",
            "is_closed": "Les rendez-vous déjà pris restent ; qui y est attendu est prévenu qu’il faut les déplacer.",
        }
        widgets = {"access": forms.Textarea(attrs={"rows": 3})}
        error_messages = {
            "name": {"required": "Donnez un nom au lieu.", "max_length": "Soixante signes au plus."},
            "address": {"required": "Donnez l’adresse.", "max_length": "Quatre-vingt-dix signes au plus."},
            "commune": {"required": "Donnez la commune.", "max_length": "Quarante-cinq signes au plus."},
            "access": {"max_length": "Trois cents signes au plus."},
        }

    def __init__(self, *args, organisations, **options):
        super().__init__(*args, **options)
        if self.instance.pk:
            self.fields["rooms"].initial = "\n".join(self.instance.rooms.values_list("name", flat=True))
        else:
            del self.fields["is_closed"]
            self._ask_for_whom(organisations)

    def _ask_for_whom(self, organisations) -> None:
        found = list(organisations[:2])
        if len(found) == 1:
            self.instance.organisation = found[0]
            return
        self.fields["organisation"] = forms.ModelChoiceField(
            Organisation.objects.filter(pk__in=organisations),
            label="Pour quelle organisation",
            empty_label="Choisir",
            error_messages={
                "required": "Dites pour quelle organisation.",
                "invalid_choice": "Choisissez dans la liste.",
            },
        )

    def clean_rooms(self) -> list[str]:
        names = list(
            dict.fromkeys(filter(None, (" ".join(line.split()) for line in self.cleaned_data["rooms"].split("\n"))))
        )
        if long := [name for name in names if len(name) > places.LONGEST_NAME]:
            raise forms.ValidationError(
                f"« {long[0][:60]} » est trop long : {places.LONGEST_NAME} signes au plus pour une salle."
            )
        if len(names) > places.ROOMS:
            raise forms.ValidationError(f"{places.ROOMS} salles au plus.")
        return names

    def clean_days(self) -> list[int]:
        return sorted(self.cleaned_data["days"])

    def values(self) -> dict[str, object]:
        """What to write of the place itself."""
        return {name: value for name, value in self.cleaned_data.items() if name != "rooms"}

    def _get_validation_exclusions(self):
        # Whose it is comes from elsewhere; that two have one name is told by `places.keep`, under its lock.
        return super()._get_validation_exclusions() | {"organisation"}
