"""Appointments go to the agenda, a floor below, which knows no conversation: what they hang on becomes a kind and a number.

The table is renamed with all its rows; `agenda.0001` takes it up in the state.
"""

from django.db import migrations

COLUMNS = """
ALTER TABLE coaching_appointment
    ADD COLUMN organisation_id uuid,
    ADD COLUMN subject_kind varchar(20) NOT NULL DEFAULT 'conversation',
    ADD COLUMN subject_id uuid,
    ADD COLUMN person uuid,
    ADD COLUMN with_kind varchar(20) NOT NULL DEFAULT '',
    ADD COLUMN with_id uuid,
    ADD COLUMN zone varchar(40);

UPDATE coaching_appointment a
   SET organisation_id = l.organisation_id, subject_id = c.id, person = c.journey_id, zone = coalesce(s.time_zone, l.time_zone),
       with_kind = CASE WHEN h.id IS NULL THEN '' ELSE 'handover' END, with_id = h.id
  FROM coaching_appointment b
  JOIN coaching_conversation c ON c.id = b.conversation_id
  JOIN coaching_line l ON l.id = c.line_id
  LEFT JOIN coaching_handover h ON h.id = b.handover_id
  LEFT JOIN catalogue_structure s ON s.id = h.structure_id
 WHERE b.id = a.id;

ALTER TABLE coaching_appointment
    ALTER COLUMN organisation_id SET NOT NULL,
    ALTER COLUMN subject_kind DROP DEFAULT,
    ALTER COLUMN subject_id SET NOT NULL,
    ALTER COLUMN with_kind DROP DEFAULT,
    ALTER COLUMN zone SET NOT NULL,
    DROP COLUMN conversation_id,
    DROP COLUMN handover_id,
    ADD CONSTRAINT agenda_appointment_organisation_id_fk_accounts_organisation_id
        FOREIGN KEY (organisation_id) REFERENCES accounts_organisation (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX agenda_appointment_organisation_id ON coaching_appointment (organisation_id);
"""

BACK = """
DELETE FROM coaching_appointment WHERE subject_kind <> 'conversation';
ALTER TABLE coaching_appointment ADD COLUMN conversation_id uuid, ADD COLUMN handover_id uuid;
UPDATE coaching_appointment SET conversation_id = subject_id, handover_id = CASE with_kind WHEN 'handover' THEN with_id END;
ALTER TABLE coaching_appointment
    ALTER COLUMN conversation_id SET NOT NULL,
    DROP COLUMN organisation_id, DROP COLUMN subject_kind, DROP COLUMN subject_id, DROP COLUMN person,
    DROP COLUMN with_kind, DROP COLUMN with_id, DROP COLUMN zone,
    ADD CONSTRAINT coaching_appointment_conversation_id_fk
        FOREIGN KEY (conversation_id) REFERENCES coaching_conversation (id) DEFERRABLE INITIALLY DEFERRED,
    ADD CONSTRAINT coaching_appointment_handover_id_fk
        FOREIGN KEY (handover_id) REFERENCES coaching_handover (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX coaching_appointment_conversation_id ON coaching_appointment (conversation_id);
CREATE INDEX coaching_appointment_handover_id ON coaching_appointment (handover_id);
"""


RENAMED = """
ALTER TABLE OLD_appointment RENAME TO NEW_appointment;
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT conname AS name FROM pg_constraint
                WHERE conrelid = 'NEW_appointment'::regclass AND conname LIKE 'OLD%' LOOP
        EXECUTE format('ALTER TABLE NEW_appointment RENAME CONSTRAINT %I TO %I', one.name,
                       'NEW' || substr(one.name, length('OLD') + 1));
    END LOOP;
    FOR one IN SELECT indexname AS name FROM pg_indexes
                WHERE schemaname = current_schema() AND tablename = 'NEW_appointment' AND indexname LIKE 'OLD%' LOOP
        EXECUTE format('ALTER INDEX %I RENAME TO %I', one.name, 'NEW' || substr(one.name, length('OLD') + 1));
    END LOOP;
END $$;
UPDATE django_content_type SET app_label = 'NEW' WHERE app_label = 'OLD' AND model = 'appointment';
"""


def renamed(old: str, new: str) -> str:
    """The table with everything named after it, and its content type."""
    return RENAMED.replace("OLD", old).replace("NEW", new)


class Migration(migrations.Migration):
    dependencies = [
        ("coaching", "0019_links"),
        ("accounts", "0010_links"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(COLUMNS, BACK),
                migrations.RunSQL(renamed("coaching", "agenda"), renamed("agenda", "coaching")),
            ],
            state_operations=[migrations.DeleteModel("Appointment")],
        )
    ]
