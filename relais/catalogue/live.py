"""A web process opens the search index as it starts, so that its first visitor does not wait a second for it."""

import threading

from .search.service import is_indexed

threading.Thread(target=is_indexed, name="index", daemon=True).start()
