"""What is kept of a path: it ends with its conversation."""

from relais.foundation.retention import Person, erases, exports, fields, goes_with

from .models import Device, Journey

goes_with("conversations", Journey, Device)


@exports(order=10)
def path(person: Person) -> dict:
    journey = Journey.objects.select_related("commune").get(pk=person.journey)
    return {
        "parcours": fields(journey, "pseudonym", "touch", "created_at", "seen_at")
        | {"commune": str(journey.commune or "")},
        "appareils": [fields(device, "created_at") for device in journey.devices.all()],
    }


@erases()
def whole_path(person: Person, now) -> None:
    """With all that hangs on it."""
    Journey.objects.filter(pk=person.journey).delete()
