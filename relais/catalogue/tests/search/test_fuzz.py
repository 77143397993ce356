"""schemathesis on the whole API: whatever is sent, an answer inside the schema and never a server error.

A bounded number of cases here. By hand, over 10,000 (what takes few parameters runs out of new ones): SCHEMATHESIS_CASES=16000 python -m pytest relais/catalogue/tests/search/test_fuzz.py -s
"""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CASES = int(os.environ.get("SCHEMATHESIS_CASES", 300))
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def one_connection():
    """As the test client does: a request of a test neither closes nor checks the connection that holds its transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.django_db
@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_no_answer_outside_the_schema(indexed, one_connection):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/api/v1/search", "/api/v1/occupations"}
    modes = [(operation, GenerationMode.POSITIVE) for operation in operations]
    # What takes nothing cannot be asked wrongly.
    modes += [(operation, GenerationMode.NEGATIVE) for operation in operations if list(operation.iter_parameters())]
    asked = {}
    for operation, mode in modes:

        @settings(
            max_examples=-(-CASES // len(modes)),
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def check(case):
            answer = case.call(headers={"Accept-Encoding": "identity"})
            asked[answer.status_code] = asked.get(answer.status_code, 0) + 1
            case.validate_response(answer, checks=CHECKS)

        check()
    print(f"{sum(asked.values())} cases: {asked}")
    assert sum(asked.values()) >= CASES // 2
