from django.apps import AppConfig


class ExtraConfig(AppConfig):
    """A release later: its migration alters the table that everybody writes to."""

    name = "tests.faults.extra"
    label = "extra"
