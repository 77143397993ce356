from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_network_account")]
    operations = [
        migrations.AddField(
            "inbound",
            "owner",
            models.UUIDField(null=True, help_text="the organisation to whose line it came: nobody else sees it"),
        ),
    ]
