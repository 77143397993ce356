from django.db import migrations, models


class Migration(migrations.Migration):
    """The public pages of a site elsewhere."""

    dependencies = [("accounts", "0010_links")]

    operations = [
        migrations.AddField(
            "site", name, models.URLField(words, blank=True, default="", max_length=200), preserve_default=False
        )
        for name, words in (("instagram", "page Instagram"), ("tiktok", "page TikTok"), ("youtube", "chaîne YouTube"))
    ]
