"""What was typed as the reason of a reading becomes a code: the trace stays when the person is gone, so no words about them may be in it."""

from django.db import migrations

CODES = {
    "répondre : conversation prise en main": "held",
    "répondre : la personne attend": "waits",
    "aider : un collègue le demande dans une note": "mentioned",
    "lecture": "reading",
    "ouvert aujourd’hui": "open",
    "réunir deux conversations": "merging",
    "orientation reçue": "handed-over",
    "supervision": "supervision",
    "remplacement": "replacement",
    "relecture": "review",
    "demande": "request",
    "ouverture du dossier": "opening",
    "par le lien envoyé au partenaire": "par le lien envoyé au partenaire",
}
PREFIXES = {"chercher : ": "search:", "information préoccupante : ": "report:"}


def code(reason: str) -> str:
    for words, by in PREFIXES.items():
        if reason.startswith(words):
            return by + CODES.get(reason.removeprefix(words), "other")
    return CODES.get(reason, "other")


def to_codes(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_access DISABLE TRIGGER accounts_access_append_only")
        cursor.execute("SELECT DISTINCT reason FROM accounts_access WHERE action = 'read'")
        rows = [(code(reason), reason) for (reason,) in cursor.fetchall()]
        cursor.executemany("UPDATE accounts_access SET reason = %s WHERE action = 'read' AND reason = %s", rows)
        cursor.execute(
            "UPDATE accounts_access SET reason = regexp_replace(reason, '^(.*?) > (.*?) : .*$', '\\1 > \\2') WHERE action = 'pass-on'"
        )
        cursor.execute("ALTER TABLE accounts_access ENABLE TRIGGER accounts_access_append_only")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_networks")]

    operations = [migrations.RunPython(to_codes, migrations.RunPython.noop, elidable=True)]
