"""For the process inside: a mailbox that the worker reads."""


def read_here(values: dict) -> None:
    from tests import builders

    builders.channel_account("email", values | {"address": f"relais@{values['host']}", "checked_by": ""})
