"""Inside the house: a full inbox, and somebody signed in to look at it.

`python -m bench.desk fill COUNT` prints {"mediator": session, "supervisor": session}; sessions as after a password and a code.
`python -m bench.desk queries PATH…` prints {path: how many SQL queries it makes at most}.
"""

import json
import sys

import django

from relais.coaching.line import directory

# A year of a busy service: most are over, four in a hundred are open, one in a hundred waits. Only one message a conversation is
# written: the inbox reads none.
FILL = """
WITH numbers AS (
    SELECT n, gen_random_uuid() AS journey, gen_random_uuid() AS id, now() - n * interval '10 minutes' AS at FROM generate_series(1, %(count)s) n
), journeys AS (
    INSERT INTO journeys_journey (id, pseudonym, touch, resume_digest, created_at, seen_at, commune_id)
    SELECT journey, 'Banc ' || n, '', md5(journey::text), at, at, (SELECT insee FROM catalogue_commune OFFSET n %% 30000 LIMIT 1) FROM numbers
)
INSERT INTO coaching_conversation (
    id, line_id, journey_id, key, state, seq, opened_at, updated_at, waiting_since, alert_at, escalate_at, due_at, closed_at, claimed_by_id,
    subject, urgency, age_band, age_noted, employment, known, guide_path, channel, is_alarming)
SELECT id, %(line)s, journey, gen_random_uuid(), CASE WHEN n <= %(waiting)s THEN 'waiting' WHEN n <= %(open)s THEN 'answered' ELSE 'closed' END,
    1, at, at + interval '5 minutes',
    CASE WHEN n <= %(waiting)s THEN now() - n * interval '5 seconds' END, CASE WHEN n <= %(waiting)s THEN now() + (900 - n * 5) * interval '1 second' END,
    CASE WHEN n <= %(waiting)s THEN now() + (1500 - n * 5) * interval '1 second' END,
    CASE WHEN n <= %(waiting)s THEN now() + (1800 - n * 5) * interval '1 second' END,
    CASE WHEN n > %(open)s THEN at + interval '1 hour' END, CASE WHEN n <= %(open)s AND n %% 4 = 0 THEN %(mediator)s::uuid END,
    (ARRAY['jobs', 'training', 'internship', 'work', 'money', 'life', 'lost', ''])[1 + n %% 8], '', '', '', '', '', '[]', 'site', n %% 500 = 1 AND n <= %(open)s
FROM numbers
"""


def fill(count: int) -> dict:
    from django.db import connection
    from django.utils import timezone

    from relais.accounts.services import ensure_demo_people
    from relais.coaching.models import Conversation, Team
    from relais.foundation.database.patience import at_length
    from tests import builders

    people, line = ensure_demo_people(now=timezone.now()), directory.line_for()
    for name, skills in (("Métiers", ["jobs", "training"]), ("Stages", ["internship"]), ("Aides", ["money", "life"])):
        Team.objects.get_or_create(organisation=line.organisation, name=name, defaults={"skills": skills})[
            0
        ].members.add(people["mediator"])
    with at_length(600), connection.cursor() as cursor:
        values = {
            "count": count,
            "line": line.pk,
            "mediator": people["mediator"].pk,
            "waiting": count // 100,
            "open": count // 25,
        }
        cursor.execute(FILL, values)
        cursor.execute("ANALYZE coaching_conversation, journeys_journey")
    return {"conversations": Conversation.objects.count()} | {
        role: builders.session(people[role]) for role in ("mediator", "supervisor")
    }


def queries(session: str, *paths: str) -> dict[str, int]:
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client, counts = Client(), {}
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    for path in [*paths, *paths]:
        with CaptureQueriesContext(connection) as asked:
            status = client.get(path, SERVER_NAME="127.0.0.1").status_code
        if status != 200:
            raise SystemExit(f"bench: {path} answered {status}.")
        counts[path] = max(len(asked), counts.get(path, 0))
    return counts


if __name__ == "__main__":
    from django.conf import settings as configured

    from relais.foundation.postgres import ensure_running

    ensure_running(configured.DATA)
    django.setup()
    order, *words = sys.argv[1:]
    print(json.dumps(fill(int(words[0])) if order == "fill" else queries(*words)))
