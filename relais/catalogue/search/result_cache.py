"""Answers worked out lately, kept for who asks the same again."""

from collections.abc import Callable
from typing import Any


class Recent(dict):
    """At most `most` of them; then it begins anew. Unlike `lru_cache` around a method it does not hold its owner, whose files
    would stay open long after their index is gone."""

    def __init__(self, most: int):
        super().__init__()
        self.most = most

    def of(self, key: tuple, work: Callable[..., Any]) -> Any:
        """What `work(*key)` gives; never None."""
        found = self.get(key)
        if found is None:
            if len(self) >= self.most:
                self.clear()
            found = self[key] = work(*key)
        return found
