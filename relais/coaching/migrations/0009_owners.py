"""What is in the outbox and the inbox is given to the organisation that it is about. What nothing tells of stays without owner."""

from django.db import migrations

LETTERS = """
WITH about (id, organisation) AS (
    SELECT c.id, l.organisation_id FROM coaching_conversation c JOIN coaching_line l ON l.id = c.line_id
    UNION ALL SELECT h.id, l.organisation_id FROM coaching_handover h
        JOIN coaching_conversation c ON c.id = h.conversation_id JOIN coaching_line l ON l.id = c.line_id
    UNION ALL SELECT id, organisation_id FROM coaching_dangerfile
    UNION ALL SELECT q.id, s.organisation_id FROM stories_question q JOIN stories_story s ON s.slug = q.story_id
    UNION ALL SELECT n.id, s.organisation_id FROM stories_notice n JOIN stories_story s ON s.slug = n.story_id
    UNION ALL SELECT id, organisation_id FROM accounts_invitation
    UNION ALL (SELECT DISTINCT ON (user_id) user_id, organisation_id FROM accounts_membership ORDER BY user_id, id)
), letter AS (
    SELECT id, coalesce(about, substring(key from '^[a-z-]+:([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})(?::|$)')::uuid) AS about
    FROM foundation_outbound WHERE owner IS NULL AND key NOT LIKE 'account:%%'
)
UPDATE foundation_outbound SET owner = about.organisation FROM letter, about WHERE foundation_outbound.id = letter.id AND about.id = letter.about
"""
TAKE_DOWNS = """
UPDATE foundation_outbound SET owner = s.organisation_id FROM stories_story s
WHERE owner IS NULL AND key LIKE 'take-down:%%' AND s.slug = split_part(key, ':', 2)
"""
KNOWN_SENDERS = """
UPDATE channels_inbound i SET owner = l.organisation_id
FROM coaching_dooraddress d JOIN coaching_conversation c ON c.id = d.conversation_id JOIN coaching_line l ON l.id = c.line_id
WHERE i.owner IS NULL AND d.digest = i.sender_digest
"""
OTHERS = "UPDATE channels_inbound SET owner = (SELECT organisation_id FROM coaching_line ORDER BY id LIMIT 1) WHERE owner IS NULL"


def give(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        for sql in (LETTERS, TAKE_DOWNS, KNOWN_SENDERS, OTHERS):
            cursor.execute(sql, [])


class Migration(migrations.Migration):
    # It reads tables by the names that they had then.
    run_before = [("stories", "0010_files_of_their_own")]
    dependencies = [
        ("coaching", "0008_line_settings"),
        ("accounts", "0005_host"),
        ("channels", "0003_inbound_owner"),
        ("foundation", "0006_outbound_owner"),
        ("stories", "0004_comments"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
