"""Proofreading of captions and texts: whole sentences joined across cues, checked by Grammalecte and by a few rules of our own.

`passages` makes sentences and remembers where each character came from, `engine` keeps Grammalecte in a process of its own
(`driver` is what runs there), `rules` finds what it misses, `checking` puts both together. No models, no database.
"""

from .checking import Mistake, Report, proofread
from .passages import Passage

__all__ = ["Mistake", "Passage", "Report", "proofread"]
