"""One node (web, worker and what looks after them) holds twelve connections to PostgreSQL at most, however many ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from relais.foundation.postgres import ensure_running, release

from .test_frozen import SOON, Site

MOST = 12
PATHS = ("/", "/metiers", "/recherche?q=soin", "/r/AAAAA", "/compte/login/", "/chiffres")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    data = tmp_path_factory.mktemp("node")
    parameters = ensure_running(data)
    house = Site(data)
    house.parameters = parameters
    try:
        house.wait()
        yield house
    finally:
        house.process.terminate()
        house.process.wait(60)
        release(data)


@pytest.mark.timeout(900)
def test_a_node_holds_twelve_connections_at_most(site):
    seen, over = [], threading.Event()

    def count():
        with psycopg.connect(**site.parameters, autocommit=True) as own:
            while not over.is_set():
                asked = "SELECT application_name, usename FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
                seen.append(own.execute(asked).fetchall())
                over.wait(0.02)

    counting = threading.Thread(target=count)
    counting.start()
    with ThreadPoolExecutor(12) as crowd:
        answers = list(crowd.map(lambda path: site.ask(path, SOON)[0], PATHS * 20))
    over.set()
    counting.join()
    assert set(answers) <= {200, 301, 302, 404}
    assert 6 < max(map(len, seen)) <= MOST
    # Whoever serves owns nothing (see relais/foundation/tests/test_serving_role.py); without a name, it only asked whether the server is there.
    assert {role for held in seen for name, role in held if name} == {"relais_web"}
