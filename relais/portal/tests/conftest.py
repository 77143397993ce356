from relais.coaching.tests.conftest import line, write  # noqa: F401  (fixtures)
