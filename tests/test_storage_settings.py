"""Where files are is read strictly: all of it or nothing, and one origin that a page may name."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import environment

WHOLE = {
    "MEDIA_STORAGE": "storages.backends.s3.S3Storage",
    "MEDIA_STORAGE_OPTIONS": '{"bucket_name": "dedans"}',
    "PUBLISHED_STORAGE_OPTIONS": '{"bucket_name": "dehors"}',
    "MEDIA_ORIGIN": "https://fichiers.exemple.fr",
}


def read(monkeypatch, values):
    for name in WHOLE:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return environment.media_storages()


def test_without_anything_it_is_this_disk(monkeypatch):
    inside, outside, origin = read(monkeypatch, {})
    assert inside["BACKEND"] == outside["BACKEND"] == environment.LOCAL_STORAGE
    assert outside["OPTIONS"] == {"folder": "public"} and origin == ""


def test_an_object_store(monkeypatch):
    inside, outside, origin = read(monkeypatch, WHOLE)
    assert inside == {"BACKEND": WHOLE["MEDIA_STORAGE"], "OPTIONS": {"bucket_name": "dedans"}}
    assert outside["OPTIONS"] == {"bucket_name": "dehors"} and origin == WHOLE["MEDIA_ORIGIN"]


@pytest.mark.parametrize("missing", WHOLE)
def test_all_of_it_or_nothing(monkeypatch, missing):
    with pytest.raises(ImproperlyConfigured, match="go together"):
        read(monkeypatch, {name: value for name, value in WHOLE.items() if name != missing})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEDIA_STORAGE_OPTIONS", "bucket"),
        ("PUBLISHED_STORAGE_OPTIONS", "[]"),
        ("MEDIA_ORIGIN", "http://fichiers.exemple.fr"),
        ("MEDIA_ORIGIN", "https://fichiers.exemple.fr/seau"),
        ("MEDIA_ORIGIN", "https://fichiers.exemple.fr;script-src *"),
        ("MEDIA_ORIGIN", "https://*.exemple.fr"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(monkeypatch, name, value):
    with pytest.raises(ImproperlyConfigured, match=name):
        read(monkeypatch, WHOLE | {name: value})


def test_the_policy_names_that_one_host():
    code = "from config import settings; import json; print(json.dumps(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=os.environ | WHOLE,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert {name for name, sources in told.items() if WHOLE["MEDIA_ORIGIN"] in sources} == {"img-src", "media-src"}
