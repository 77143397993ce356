from django.db import migrations

from relais.foundation.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("foundation", "0002_append_only")]
    operations = [append_only("accounts_access")]
