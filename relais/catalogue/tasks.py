"""Loops of the catalogue."""

from .search.tasks import forget_changes, refresh_index

__all__ = ["forget_changes", "refresh_index"]
