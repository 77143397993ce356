"""A web process opens the search index as it starts, so that its first visitor does not wait a second for it."""

from relais.foundation.live import at_start

from .search.service import is_indexed

at_start(is_indexed)
