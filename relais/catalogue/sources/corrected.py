"""What the team corrected by hand on a structure is laid over every import."""

from collections.abc import Callable

from ..importing import Batch
from ..models import Structure


def overlay_of(source: str, batch: Batch) -> Callable[[object, dict], dict]:
    """The overlay of `Table` for structures of one source. Notes how many are corrected."""
    corrections = dict(
        Structure.objects.filter(source=source).exclude(corrections={}).values_list("source_id", "corrections")
    )
    if corrections:
        batch.notes["corrected by the team"] = {"structures": len(corrections)}

    def overlay(key, values: dict) -> dict:
        fixed = {name: value for name, value in corrections.get(key, {}).items() if name in values}
        if commune := corrections.get(key, {}).get("commune"):
            fixed |= {"commune_id": commune, "placement": Structure.Placement.CORRECTED}
            fixed |= {name: None for name in ("latitude", "longitude") if name in values}
        return values | fixed

    return overlay
