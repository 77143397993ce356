"""Inside the house: many conversations in the event log, and how long the figures take over them.

`python -m bench.histories COUNT` adds that many, with what came before and after each, and prints
{"conversations", "events", "check", "check_cpu", "promise", "funnel", "said"}: seconds, and the last lines of check-figures.
"""

import io
import json
import sys
from time import monotonic, process_time

import django

# A year. Nine in ten are answered, one in two is handed over, one in three has an outcome; three follows of an address for each.
STEPS = """
WITH c AS (
    SELECT n, gen_random_uuid() AS subject, (%(codes)s::text[])[1 + n %% (1 + cardinality(%(codes)s::text[]))] AS code,
        now() - (n::float / %(count)s) * interval '360 days' AS at
    FROM generate_series(1, %(count)s) n
), steps (name, minute, one_in, modulo, data) AS (VALUES
    ('conversation.opened', 0, 1, 0, '{"open_line": true}'), ('wait.started', 0, 1, 0, '{"line": LINE}'),
    ('conversation.answered', 20, 1, 0, '{"seconds": 1200, "kept": true, "first": true}'),
    ('promise.broken', 31, 20, 3, '{}'), ('wait.started', 40, 2, 1, '{"line": LINE}'),
    ('conversation.answered', 70, 2, 1, '{"seconds": 2000, "kept": true, "first": false}'),
    ('handover.proposed', 80, 2, 0, '{}'), ('handover.sent', 90, 2, 0, '{}'), ('handover.accepted', 900, 4, 0, '{"seconds": 60}'),
    ('handover.refused', 900, 20, 2, '{}'), ('handover.checked', 950, 8, 0, '{"known": "unknown"}'),
    ('appointment.chosen', 960, 8, 0, '{}'), ('appointment.held', 990, 8, 0, '{}'), ('handover.told', 1000, 8, 0, '{"again": false}'),
    ('outcome.recorded', 2000, 4, 0, '{"kind": "training", "milestone": 0}'), ('follow-up.asked', 9000, 4, 0, '{"milestone": 3}'),
    ('outcome.recorded', 9100, 8, 0, '{"kind": "job", "milestone": 3}'), ('conversation.closed', 9200, 3, 0, '{}'))
INSERT INTO foundation_event (at, name, touch, subject, data)
SELECT at + minute * interval '1 minute', name, coalesce(code, ''), subject, replace(data, 'LINE', (n %% 5)::text)::jsonb
    FROM c, steps WHERE n %% one_in = modulo OR one_in = 1
UNION ALL SELECT at, 'touch.followed', code, NULL, '{}' FROM c, generate_series(1, 3) WHERE code IS NOT NULL
ORDER BY 1
"""


def fill(count: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.campaigns.services import ensure_demo_touches

    now = timezone.now()
    organisation = ensure_demo_people(now=now)["mediator"].memberships.get().organisation
    codes = [touch.code for touch in ensure_demo_touches(organisation=organisation, now=now)]
    with connection.cursor() as cursor:
        cursor.execute(STEPS, {"codes": codes, "count": count})
        cursor.execute("ANALYZE foundation_event")


def measure() -> dict:
    from django.core.management import call_command
    from django.utils import timezone

    from relais.campaigns.models import Touch
    from relais.foundation.models import EventRecord
    from relais.insights import counting, promised
    from relais.insights.periods import days_back

    now, out = timezone.now(), io.StringIO()
    codes = list(Touch.objects.values_list("code", flat=True))
    start, cpu = monotonic(), process_time()
    call_command("check-figures", stdout=out)
    told = {
        "conversations": EventRecord.objects.filter(name="conversation.opened").count(),
        "events": EventRecord.objects.count(),
        "check": monotonic() - start,
        "check_cpu": process_time() - cpu,
        "said": out.getvalue().splitlines()[-6:],
    }
    for name, read in (
        ("promise", lambda: promised.count(now)),
        ("funnel", lambda: counting.count(days_back(365, now), known=codes)),
    ):
        start = monotonic()
        read()
        told[name] = monotonic() - start
    return told


if __name__ == "__main__":
    from django.conf import settings

    from relais.foundation.postgres import ensure_running

    ensure_running(settings.DATA)
    django.setup()
    from relais.foundation.database.patience import at_length

    with at_length(3600):
        fill(int(sys.argv[1]))
        print(json.dumps(measure()))
