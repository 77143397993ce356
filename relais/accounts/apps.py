from django.apps import AppConfig

from relais.foundation import sites


class AccountsConfig(AppConfig):
    name = "relais.accounts"
    label = "accounts"

    def ready(self):
        from .sites import read, unnamed

        sites.declare(read=read, default=unnamed)
