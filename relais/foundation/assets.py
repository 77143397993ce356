"""Static files: names carry a hash of their content, and a compressed copy stands beside each."""

import gzip
from pathlib import Path

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

COMPRESSED = {".css", ".js", ".mjs", ".svg", ".json", ".txt", ".webmanifest"}


class HashedStorage(ManifestStaticFilesStorage):
    """`collectstatic` with a `.gz` beside each text file, served as is by the native side (see config/asgi.py)."""

    support_js_module_import_aggregation = True

    def post_process(self, *args, **options):
        for original, hashed, processed in super().post_process(*args, **options):
            if processed is True and hashed and Path(hashed).suffix in COMPRESSED:
                file = Path(self.path(hashed))
                # mtime 0: the same content makes the same bytes.
                (file.parent / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
            yield original, hashed, processed
