"""Loops of the catalogue."""

from .search.tasks import forget_changes, refresh_index
from .tables.tasks import forget_tables

__all__ = ["forget_changes", "forget_tables", "refresh_index"]
