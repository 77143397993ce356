"""Loops of the catalogue."""

from .search.tasks import refresh_index

__all__ = ["refresh_index"]
