"""Receipts and the links of persons shown go where all links are; those given before still open. Nobody holds the receipt of a comment."""

from datetime import timedelta

from django.db import migrations

from relais.foundation import links

FORTNIGHT = timedelta(days=14)


def carry(apps, schema_editor):
    link = apps.get_model("foundation", "Link")
    links.carry(link, _questions(apps))
    links.carry(link, _answers(apps))
    links.carry(link, _notices(apps))


def _questions(apps):
    comments = apps.get_model("stories", "Comment").objects.values("question")
    for one in apps.get_model("stories", "Question").objects.exclude(pk__in=comments).order_by("asked_at").iterator():
        yield {
            "purpose": "stories.question",
            "subject": str(one.key),
            "plain": one.secret_digest,
            "made_at": one.asked_at,
        }


def _answers(apps):
    for one in (
        apps.get_model("stories", "Question").objects.exclude(answer_expires_at=None).order_by("asked_at").iterator()
    ):
        end = one.answer_expires_at
        yield {
            "purpose": "stories.answer",
            "subject": str(one.pk),
            "plain": one.answer_digest,
            "made_at": end - FORTNIGHT,
            "expires_at": end,
        }


def _notices(apps):
    for one in apps.get_model("stories", "Notice").objects.order_by("received_at").iterator():
        yield {
            "purpose": "stories.notice",
            "subject": str(one.key),
            "plain": one.secret_digest,
            "made_at": one.received_at,
        }


class Migration(migrations.Migration):
    dependencies = [("stories", "0008_constraints_in_words"), ("foundation", "0007_links")]

    operations = [
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.RemoveIndex("question", "question_answer_link"),
        migrations.RemoveField("notice", "secret_digest"),
        migrations.RemoveField("question", "answer_digest"),
        migrations.RemoveField("question", "answer_expires_at"),
        migrations.RemoveField("question", "secret_digest"),
    ]
