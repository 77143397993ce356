"""What somebody of the team writes of a session, typed on the clock of the place where they work."""

from zoneinfo import ZoneInfo

from django import forms

from relais.accounts.models import Organisation, User
from relais.accounts.scope import people
from relais.foundation import meanwhile
from relais.foundation.forms import KeyedForm
from relais.foundation.web import is_address

from . import instants, sessions, taken
from .forms import typed_at
from .models import LASTING, GroupSession, GroupSessionQuerySet, MeetingPlace

MOST_SEATS = 500
Kind = GroupSession.Kind


class _Leader(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return str(obj)


class SessionForm(KeyedForm):
    """Cleans to a `session` that is not kept yet, and `regardless` of what the agenda of who leads it says.

    `organisations`: where `user` may hold one; `session`: one that is kept, of which neither the hour nor the place is asked.
    """

    title = forms.CharField(
        label="Titre",
        max_length=80,
        help_text="Comme la personne le lit : « Atelier CV », « Visite du centre de formation ».",
        error_messages={"required": "Donnez un titre.", "max_length": "Quatre-vingts signes au plus."},
    )
    about = forms.CharField(
        label="Ce qui s’y passe",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="La personne le lit avant de décider : dites-lui « tu ». Ce qu’on y fait, pour qui, ce qu’il faut apporter.",
        error_messages={"required": "Dites ce qui s’y passe.", "max_length": "Mille signes au plus."},
    )
    kind = forms.ChoiceField(
        label="Où ?",
        choices=Kind.choices,
        widget=forms.RadioSelect,
        initial=Kind.VISIT,
        error_messages={"required": "Choisissez où."},
    )
    meeting_place = forms.ModelChoiceField(
        MeetingPlace.objects.none(),
        label="Lieu",
        required=False,
        empty_label="Choisir un lieu",
        error_messages={"invalid_choice": "Ce lieu n’est plus proposé : choisissez-en un autre."},
    )
    link = forms.CharField(
        label="Lien de l’appel en vidéo",
        max_length=200,
        required=False,
        help_text="Pour une séance en vidéo. Seules les personnes qui ont une place le lisent.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"}),
        error_messages={"max_length": "Deux cents signes au plus."},
    )
    starts_at = forms.CharField(
        label="Jour et heure",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}),
        error_messages={"required": "Donnez le jour et l’heure."},
    )
    minutes = forms.TypedChoiceField(label="Durée", coerce=int, choices=list(LASTING.items()), initial=120)
    seats = forms.IntegerField(
        label="Nombre de places",
        min_value=1,
        max_value=MOST_SEATS,
        error_messages={
            "required": "Donnez le nombre de places.",
            "invalid": "Écrivez un nombre.",
            "min_value": "Une place au moins.",
            "max_value": f"{MOST_SEATS} places au plus.",
        },
    )
    register_until = forms.CharField(
        label="Inscriptions jusqu’à",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}),
        help_text="Vide : jusqu’au début de la séance. Une place qui se libère ensuite va encore à la liste d’attente.",
    )
    led_by = _Leader(
        User.objects.none(),
        label="Qui la mène",
        empty_label="Choisir",
        error_messages={"required": "Dites qui la mène.", "invalid_choice": "Choisissez dans la liste."},
    )
    anyway = forms.BooleanField(label="Prévoir la séance quand même", required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, user: User, zone: ZoneInfo, now, organisations, session=None, **options):
        super().__init__(*args, **options)
        self.user, self.zone, self.now, self.session, self.met = user, zone, now, session, ""
        found = [session.organisation] if session else list(organisations)
        self.fields["organisation"] = forms.ModelChoiceField(
            Organisation.objects.filter(pk__in=[one.pk for one in found]),
            label="Pour quelle organisation",
            empty_label="Choisir",
            error_messages={
                "required": "Dites pour quelle organisation.",
                "invalid_choice": "Choisissez dans la liste.",
            },
        )
        if len(found) == 1:
            self.only = found[0]
            del self.fields["organisation"]
        self.fields["led_by"].queryset = people(found, *GroupSessionQuerySet.readers)
        places = MeetingPlace.objects.filter(organisation__in=found, is_closed=False)
        self.fields["meeting_place"].queryset = places
        if session:
            for name in ("kind", "meeting_place", "link", "starts_at", "minutes", "anyway", "shown", "key"):
                del self.fields[name]
            self.fields["seen"].initial = meanwhile.fingerprint(sessions.told(session))
            return
        del self.fields["seen"]
        self.fields["led_by"].initial = user.pk
        if name := instants.clock_name(zone):
            for one in ("starts_at", "register_until"):
                self.fields[one].label += f" ({name})"

    def clean(self):
        data = self.cleaned_data
        if "organisation" not in self.fields:
            data["organisation"] = self.only
        self._whose()
        if self.session is None:
            self._where()
            data["starts_at"] = self._at("starts_at", "Ce moment")
        begins = self.session.starts_at if self.session else data["starts_at"]
        until = self._until(begins)
        data["register_until"] = until or begins
        if until and begins and until > begins:
            self.add_error("register_until", "Les inscriptions s’arrêtent au plus tard quand la séance commence.")
        if self.session is None and not self.errors:
            self._keep()
        return data

    def _at(self, name: str, called: str):
        if not (typed := (self.cleaned_data.get(name) or "").strip()):
            return None
        try:
            return typed_at(typed, self.zone, self.now, called)
        except forms.ValidationError as error:
            self.add_error(name, error)
            return None

    def _until(self, begins):
        """Left as it was shown, an end that is over stays where it was."""
        if self.session and "register_until" not in self.changed_data:
            return self.session.register_until
        return self._at("register_until", "Ce moment")

    def _whose(self) -> None:
        """The place and who leads are of the organisation that holds it: of another one, nothing is said but that."""
        organisation, leader = self.cleaned_data.get("organisation"), self.cleaned_data.get("led_by")
        place = self.cleaned_data.get("meeting_place")
        if not organisation:
            return
        if leader and not people(organisation, *GroupSessionQuerySet.readers).filter(pk=leader.pk).exists():
            self.add_error("led_by", "Cette personne ne travaille pas dans cette organisation.")
        if place and place.organisation_id != organisation.pk:
            self.add_error("meeting_place", "Ce lieu n’est pas de cette organisation : choisissez-en un autre.")

    def _where(self) -> None:
        kind, place, link = (self.cleaned_data.get(name) for name in ("kind", "meeting_place", "link"))
        if kind == Kind.VISIT and not place and "meeting_place" not in self.errors:
            self.add_error("meeting_place", "Choisissez le lieu.")
        if kind == Kind.VISIT and link:
            self.add_error("link", "Un lien se donne pour une séance en vidéo : videz cette case.")
        if kind == Kind.VIDEO and place:
            self.add_error("meeting_place", "Une séance en vidéo n’a pas de lieu : laissez la liste vide.")
        if (
            kind == Kind.VIDEO
            and not (link and link.startswith("https://") and is_address(link))
            and "link" not in self.errors
        ):
            self.add_error("link", "Collez le lien de l’appel : il commence par https://.")

    def _keep(self) -> None:
        """What stands in the agenda of who leads is said, and is for them to judge."""
        data = self.cleaned_data
        names = ("organisation", "title", "about", "kind", "meeting_place", "minutes", "seats", "led_by")
        values = {name: data[name] for name in (*names, "starts_at", "register_until")}
        session = GroupSession(pk=data["key"], zone=self.zone.key, place=data["link"], **values)
        data["session"], data["regardless"] = session, False
        if taken.why_led(session, taken.leads([session])) != taken.BUSY:
            return
        self.met = meanwhile.fingerprint({"session": f"{session.starts_at} {session.minutes} {session.led_by_id}"})
        data["regardless"] = data["anyway"] and data["shown"] == self.met
        self.data = self.data.copy()
        self.data["shown"] = self.met
        if not data["regardless"]:
            self.data.pop("anyway", None)
            self.add_error(
                "starts_at",
                "Votre agenda vous dit pris ou prise à cette heure-là."
                if session.led_by == self.user
                else "Qui la mène n’est pas libre à cette heure-là, d’après son propre agenda.",
            )

    def values(self) -> dict[str, object]:
        """What changes of a session that is kept."""
        return {name: self.cleaned_data[name] for name in ("title", "about", "seats", "register_until", "led_by")}

    def shows_again(self, session: GroupSession) -> None:
        """Told what somebody else has kept, who presses again has decided."""
        self.data = self.data.copy()
        self.data["seen"] = meanwhile.fingerprint(sessions.told(session))


class CallOffForm(forms.Form):
    reason = forms.CharField(
        label="Pourquoi, comme la personne le lira",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="« L’animatrice est malade, on te propose une autre date. » Ne nommez personne.",
        error_messages={
            "required": "Dites pourquoi : chaque personne le lira.",
            "max_length": "Trois cents signes au plus.",
        },
    )
