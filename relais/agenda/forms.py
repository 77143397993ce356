"""Slots, typed on the clock of the place."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from relais.foundation import meanwhile
from relais.foundation.forms import KeyedForm

from . import instants
from . import places as meeting_places
from .models import Appointment, MeetingPlace

SLOTS = 3
FAR = timedelta(days=183)


class Met(NamedTuple):
    """Why somebody is not free, in a sentence, or ''; `is_busy`: because the agenda of who proposes says so."""

    words: str = ""
    is_busy: bool = False


Asked = Callable[[datetime, int, str], Met]
"""Of a beginning, a number of minutes and a kind of appointment."""


def _nothing(starts_at: datetime, minutes: int, kind: str) -> Met:
    return Met()


class SlotsForm(KeyedForm):
    """Up to SLOTS instants, typed on the clock of `zone`. Cleans to `starts`, in UTC, besides `kind`, `minutes`, `place`, `meeting_place`, and
    `regardless`: those of `starts` that are proposed against one's own agenda.

    `takes`: why somebody is not free then. It is said; `anyway` proposes all the same what had been said when it was ticked (`shown`).
    `refuses`: why nobody could choose that slot, whatever was ticked. `has_rooms`: a room is made for those who meet by video.
    """

    kind = forms.ChoiceField(
        label="Comment ?", widget=forms.RadioSelect, error_messages={"required": "Choisissez une façon de se voir."}
    )
    place = forms.CharField(
        label="Lieu, lien ou numéro",
        max_length=200,
        required=False,
        error_messages={"max_length": "Deux cents signes au plus."},
    )
    minutes = forms.TypedChoiceField(
        label="Durée", coerce=int, choices=[(n, f"{n} minutes") for n in (15, 30, 45, 60)], initial=30
    )
    anyway = forms.BooleanField(label="Proposer quand même ces créneaux", required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args,
        kinds: list[str],
        zone: ZoneInfo,
        now: datetime,
        takes: Asked = _nothing,
        refuses: Asked = _nothing,
        places: QuerySet[MeetingPlace] | None = None,
        has_rooms: bool = False,
        **options,
    ):
        super().__init__(*args, **options)
        self.zone, self.now, self.takes, self.refuses, self.has_rooms = zone, now, takes, refuses, has_rooms
        self.met: list[str] = []
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in Appointment.Kind if kind in kinds]
        if places is not None and places.exists():
            self.fields["meeting_place"] = forms.ModelChoiceField(
                places,
                label="Lieu",
                required=False,
                empty_label="Un autre, écrit ci-dessous",
                help_text="Pour un rendez-vous sur place. Les jours où il est fermé sont refusés.",
                error_messages={"invalid_choice": "Ce lieu n’est plus proposé : choisissez-en un autre."},
            )
            self.fields["place"].label = "Autre lieu, lien ou numéro"
        name = instants.clock_name(zone)
        for number in range(1, SLOTS + 1):
            self.fields[f"slot_{number}"] = forms.CharField(
                label=f"Créneau {number}{f' ({name})' if name else ''}",
                required=number == 1,
                error_messages={"required": "Proposez au moins un créneau."},
                widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}),
            )

    @property
    def slots(self):
        return [self[f"slot_{number}"] for number in range(1, SLOTS + 1)]

    def clean(self):
        self._where()
        shown, anyway = self.cleaned_data.pop("shown", ""), self.cleaned_data.pop("anyway", False)
        approved = _marks(shown) if anyway else set()
        starts: list[datetime] = []
        self.cleaned_data |= {"starts": starts, "regardless": []}
        for number in range(1, SLOTS + 1):
            if typed := self.cleaned_data.pop(f"slot_{number}", "").strip():
                try:
                    starts.append(typed_at(typed, self.zone, self.now, "Ce créneau"))
                    self._free(starts[-1], approved)
                except forms.ValidationError as error:
                    self.add_error(f"slot_{number}", error)
        self._show(approved)
        return self.cleaned_data

    def _show(self, approved: set[str]) -> None:
        """What is said now goes with the form; what was ticked for something else is to be ticked again."""
        self.data = self.data.copy()
        self.data["shown"] = "".join(self.met)
        if not approved.issuperset(self.met):
            self.data.pop("anyway", None)

    def _where(self) -> None:
        """One of the places, or words: of both, nobody would know which."""
        chosen, written = self.cleaned_data.get("meeting_place"), self.cleaned_data.get("place")
        self.cleaned_data["meeting_place"] = chosen
        is_visit = self.cleaned_data.get("kind") == Appointment.Kind.VISIT
        if is_visit and not chosen and not written and "place" not in self.errors:
            self.add_error("place", "Dites où se retrouver.")
        is_video = self.cleaned_data.get("kind") == Appointment.Kind.VIDEO
        if is_video and not written and not self.has_rooms and "place" not in self.errors:
            self.add_error("place", "Collez le lien de l’appel en vidéo.")
        if chosen and not is_visit:
            self.add_error(
                "meeting_place",
                "Un lieu se choisit pour un rendez-vous sur place : choisissez « Sur place », ou laissez le lieu vide.",
            )
        elif chosen and written:
            self.add_error("place", "Choisissez un lieu dans la liste, ou écrivez-en un autre : pas les deux.")

    def _free(self, at: datetime, approved: set[str]) -> None:
        place: MeetingPlace | None = self.cleaned_data.get("meeting_place")
        if place and (closed := meeting_places.closed_then(place, at, self.zone)):
            raise forms.ValidationError(closed)
        asked = (at, self.cleaned_data.get("minutes") or 0, self.cleaned_data.get("kind", ""))
        if never := self.refuses(*asked).words:
            raise forms.ValidationError(never)
        met = self.takes(*asked)
        if why := met.words or self._full(place, at):
            self.met.append(_mark(at, asked[1], why))
            if self.met[-1] not in approved:
                raise forms.ValidationError(why)
        if met.is_busy:
            self.cleaned_data["regardless"].append(at)

    def _full(self, place: MeetingPlace | None, at: datetime) -> str:
        until = at + timedelta(minutes=self.cleaned_data.get("minutes") or 0)
        return (
            f"Toutes les salles de « {place.name} » sont prises à cette heure-là."
            if place and meeting_places.is_full(place, at, until)
            else ""
        )


def typed_at(typed: str, zone: ZoneInfo, now: datetime, called: str) -> datetime:
    """The instant that a clock of `zone` will show, within six months. Raises ValidationError; `called`: « Ce créneau »."""
    try:
        naive = parse_datetime(typed)
    except ValueError:
        naive = None
    if naive is None or naive.tzinfo is not None:
        raise forms.ValidationError("Écrivez un jour et une heure, comme 2026-03-02T14:30.")
    try:
        at = instants.at_place(naive, zone)
    except instants.NoSuchHour:
        raise forms.ValidationError(
            "Cette heure n’existe pas ce jour-là : les horloges avancent. Choisissez-en une autre."
        ) from None
    if at <= now:
        raise forms.ValidationError(f"{called} est déjà passé.")
    if at > now + FAR:
        raise forms.ValidationError(f"{called} est dans plus de six mois : choisissez plus près.")
    return at


def _mark(at: datetime, minutes: int, why: str) -> str:
    return meanwhile.fingerprint({"slot": f"{at.timestamp():.0f} {minutes} {why}"})


def _marks(shown: str) -> set[str]:
    return {shown[at : at + meanwhile.DIGEST] for at in range(0, len(shown), meanwhile.DIGEST)}


class BusyForm(forms.Form):
    """Where somebody publishes their own agenda. Never filled in: what is kept is not shown again."""

    address = forms.CharField(
        label="Adresse de votre agenda",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}
        ),
        error_messages={"required": "Collez l’adresse de votre agenda."},
    )
