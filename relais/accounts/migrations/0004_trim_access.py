"""The trace of reads is kept three years. One function may drop what is older; nothing else may drop anything."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION relais_refuse_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '3 years' AND current_setting('relais.trimming', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE FUNCTION relais_trim_access() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE gone bigint;
BEGIN
    PERFORM set_config('relais.trimming', 'on', true);
    DELETE FROM accounts_access WHERE at < now() - interval '3 years';
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('relais.trimming', 'off', true);
    RETURN gone;
END $$;
DROP TRIGGER accounts_access_append_only ON accounts_access;
CREATE TRIGGER accounts_access_append_only BEFORE UPDATE OR DELETE ON accounts_access FOR EACH ROW EXECUTE FUNCTION relais_refuse_access_change();
"""
BACKWARDS = """
DROP TRIGGER accounts_access_append_only ON accounts_access;
CREATE TRIGGER accounts_access_append_only BEFORE UPDATE OR DELETE ON accounts_access FOR EACH ROW EXECUTE FUNCTION relais_refuse_change();
DROP FUNCTION relais_trim_access();
DROP FUNCTION relais_refuse_access_change();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_volunteers")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
