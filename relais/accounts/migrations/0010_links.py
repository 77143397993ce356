"""The links of invitations go where all links are; those sent before still open."""

from django.db import migrations

from relais.foundation import links


def carry(apps, schema_editor):
    invitations = apps.get_model("accounts", "Invitation").objects.order_by("created_at").iterator()
    links.carry(
        apps.get_model("foundation", "Link"),
        (
            {
                "purpose": "accounts.invitation",
                "subject": str(one.pk),
                "plain": one.token_digest,
                "single_use": True,
                "made_at": one.created_at,
                "expires_at": one.expires_at,
                "used_at": one.accepted_at,
            }
            for one in invitations
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_constraints_in_words"), ("foundation", "0007_links")]

    operations = [
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.RemoveField("invitation", "expires_at"),
        migrations.RemoveField("invitation", "token_digest"),
    ]
