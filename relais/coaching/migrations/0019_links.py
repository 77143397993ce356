"""Private links, links of partners and of news go where all links are; those sent before still open.

To whom a private link or one of news had been sent was not kept with it: no other can be sent instead of those.
"""

from datetime import timedelta

from django.db import migrations

from relais.foundation import links

WEEK, MONTH_AND_A_HALF = timedelta(days=7), timedelta(days=45)


def carry(apps, schema_editor):
    link = apps.get_model("foundation", "Link")
    links.carry(link, _private(apps))
    links.carry(link, _partners(apps))
    links.carry(link, _news(apps))


def _private(apps):
    for one in apps.get_model("coaching", "PrivateLink").objects.order_by("id").iterator():
        number, made = one.conversation_id, one.expires_at - WEEK
        yield {
            "purpose": "coaching.conversation",
            "subject": str(number),
            "about": number,
            "plain": one.digest,
            "made_at": made,
            "expires_at": one.expires_at,
        }


def _partners(apps):
    for one in apps.get_model("coaching", "Handover").objects.exclude(agreed_at=None).order_by("agreed_at").iterator():
        same = {"subject": str(one.pk), "about": one.conversation_id}
        yield same | {
            "purpose": "coaching.orientation.answer",
            "plain": one.link_digest,
            "made_at": one.agreed_at,
            "expires_at": one.link_expires_at,
        }
        yield same | {
            "purpose": "coaching.orientation.follow",
            "plain": one.follow_digest,
            "made_at": one.answered_at or one.agreed_at,
            "expires_at": one.follow_expires_at,
        }


def _news(apps):
    for one in apps.get_model("coaching", "FollowUp").objects.exclude(expires_at=None).order_by("id").iterator():
        made = one.expires_at - MONTH_AND_A_HALF
        yield {
            "purpose": "coaching.news",
            "subject": str(one.pk),
            "about": one.conversation_id,
            "plain": one.link_digest,
            "made_at": made,
            "expires_at": one.expires_at,
        }


class Migration(migrations.Migration):
    dependencies = [("coaching", "0018_known_for_everybody"), ("foundation", "0007_links")]

    operations = [
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.RemoveIndex("followup", "follow_up_link"),
        migrations.RemoveIndex("handover", "handover_link"),
        migrations.RemoveIndex("handover", "handover_follow"),
        migrations.RemoveField("followup", "expires_at"),
        migrations.RemoveField("followup", "link_digest"),
        migrations.RemoveField("handover", "follow_digest"),
        migrations.RemoveField("handover", "follow_expires_at"),
        migrations.RemoveField("handover", "link_digest"),
        migrations.RemoveField("handover", "link_expires_at"),
        migrations.DeleteModel("PrivateLink"),
    ]
