"""Clips, photos and uploads hang on a folder, which the story points to, and belong to the app `media`: their tables get its name.

No row and no file moves. What was half sent of a video at this instant is sent again from its beginning.
"""

import django.db.models.deletion
from django.db import migrations, models

FOLDERS = """
SET CONSTRAINTS ALL DEFERRED;
UPDATE stories_story SET folder_id = gen_random_uuid();
INSERT INTO media_mediafolder (id, kind, organisation_id) SELECT folder_id, 'story', organisation_id FROM stories_story;
SET CONSTRAINTS ALL IMMEDIATE;
"""
MOVED = """
ALTER TABLE stories_{0} RENAME TO media_{0};
ALTER TABLE media_{0} ADD COLUMN folder_id uuid NULL;
UPDATE media_{0} SET folder_id = s.folder_id FROM stories_story s WHERE s.slug = media_{0}.story_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE media_{0} DROP COLUMN story_id;
ALTER TABLE media_{0} ALTER COLUMN folder_id SET NOT NULL;
ALTER TABLE media_{0} ADD CONSTRAINT media_{0}_folder_id_fk_media_mediafolder_id
    FOREIGN KEY (folder_id) REFERENCES media_mediafolder (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX media_{0}_folder_id ON media_{0} (folder_id);
UPDATE django_content_type SET app_label = 'media' WHERE app_label = 'stories' AND model = '{0}'
    AND NOT EXISTS (SELECT FROM django_content_type WHERE app_label = 'media' AND model = '{0}');
"""
BACK = """
ALTER TABLE media_{0} RENAME TO stories_{0};
ALTER TABLE stories_{0} ADD COLUMN story_id varchar(60) NULL;
UPDATE stories_{0} SET story_id = s.slug FROM stories_story s WHERE s.folder_id = stories_{0}.folder_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE stories_{0} DROP COLUMN folder_id;
ALTER TABLE stories_{0} ALTER COLUMN story_id SET NOT NULL;
ALTER TABLE stories_{0} ADD FOREIGN KEY (story_id) REFERENCES stories_story (slug) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX ON stories_{0} (story_id);
UPDATE django_content_type SET app_label = 'stories' WHERE app_label = 'media' AND model = '{0}'
    AND NOT EXISTS (SELECT FROM django_content_type WHERE app_label = 'stories' AND model = '{0}');
"""
# Primary keys, checks, and with PostgreSQL 18 every NOT NULL have the name of the table in theirs.
NAMES = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conname AS old, conrelid::regclass AS place FROM pg_constraint
        WHERE conrelid IN ('media_upload'::regclass, 'media_clip'::regclass, 'media_photo'::regclass) AND conname LIKE 'stories\\_%'
    LOOP EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', one.place, one.old, 'media_' || substr(one.old, 9)); END LOOP;
    FOR one IN SELECT indexname AS old FROM pg_indexes
        WHERE schemaname = current_schema() AND tablename IN ('media_upload', 'media_clip', 'media_photo') AND indexname LIKE 'stories\\_%'
    LOOP EXECUTE format('ALTER INDEX %I RENAME TO %I', one.old, 'media_' || substr(one.old, 9)); END LOOP;
END $$;
ALTER TABLE stories_consent RENAME CONSTRAINT stories_consent_proof_id_1abb816b_fk_stories_upload_id
    TO stories_consent_proof_id_1abb816b_fk_media_upload_id;
ALTER TABLE stories_story RENAME CONSTRAINT stories_story_clip_id_813509f3_fk_stories_clip_id
    TO stories_story_clip_id_813509f3_fk_media_clip_id;
"""
NAMES_BACK = """
ALTER TABLE stories_consent RENAME CONSTRAINT stories_consent_proof_id_1abb816b_fk_media_upload_id
    TO stories_consent_proof_id_1abb816b_fk_stories_upload_id;
ALTER TABLE stories_story RENAME CONSTRAINT stories_story_clip_id_813509f3_fk_media_clip_id
    TO stories_story_clip_id_813509f3_fk_stories_clip_id;
"""


def one_to_one(to: str, on_delete, **options) -> models.OneToOneField:
    return models.OneToOneField(to=to, on_delete=on_delete, **options)


CLIP = one_to_one("media.clip", django.db.models.deletion.SET_NULL, blank=True, null=True, related_name="shown_by")
PROOF = one_to_one(
    "media.upload", django.db.models.deletion.PROTECT, related_name="consent", verbose_name="accord signé"
)


def folder(**options) -> models.OneToOneField:
    return one_to_one("media.mediafolder", django.db.models.deletion.PROTECT, related_name="story", **options)


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("media", "0001_initial"),
        ("stories", "0009_links"),
    ]

    operations = [
        migrations.AddField("story", "folder", folder(null=True)),
        migrations.RunSQL(FOLDERS, migrations.RunSQL.noop),
        migrations.AlterField("story", "folder", folder()),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *(migrations.RunSQL(MOVED.format(name), BACK.format(name)) for name in ("upload", "clip", "photo")),
                migrations.RunSQL(NAMES, NAMES_BACK),
            ],
            state_operations=[
                migrations.AlterField("story", "clip", CLIP),
                migrations.AlterField("consent", "proof", PROOF),
                migrations.DeleteModel("Clip"),
                migrations.DeleteModel("Photo"),
                migrations.DeleteModel("Upload"),
            ],
        ),
    ]
