"""Each organisation has its own accounts on networks: whose a comment is, and below whose account a copy was published."""

from django.db import migrations, models
from django.db.models import OuterRef, Subquery

OWNER = "the organisation whose story it was written below: two may name one account"


def whose(apps, schema_editor):
    copies = apps.get_model("stories", "ExternalCopy").objects.filter(pk=OuterRef("copy"))
    apps.get_model("stories", "Comment").objects.update(owner=Subquery(copies.values("story__organisation")[:1]))


class Migration(migrations.Migration):
    dependencies = [("stories", "0011_content_report")]

    operations = [
        migrations.AddField(
            "externalcopy",
            "account_of",
            models.UUIDField(
                help_text="the organisation below whose account it is; none: below that of the installation", null=True
            ),
        ),
        migrations.AddField("comment", "owner", models.UUIDField(help_text=OWNER, null=True)),
        migrations.RunPython(whose, migrations.RunPython.noop),
        migrations.AlterField("comment", "owner", models.UUIDField(help_text=OWNER)),
        migrations.RemoveConstraint("comment", "comment_once"),
        migrations.AddConstraint(
            "comment",
            models.UniqueConstraint(fields=["owner", "network", "account", "number"], name="comment_once"),
        ),
    ]
