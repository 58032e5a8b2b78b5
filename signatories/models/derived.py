"""Columns that follow from others of their row, and are made from them whenever it is saved.

As Django's own `auto_now`: by `save`, `create` and `bulk_create` alike, so that no writer can
forget them. An `update` gives them itself; or a trigger empties them, and
signatories.services.keying fills them again.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models


def _made(field: Any, instance: models.Model) -> Any:
    """What the model's own `make_<column>` returns."""
    value = getattr(instance, f"make_{field.attname}")()
    setattr(instance, field.attname, value)
    return value


class KeysField(ArrayField):  # type: ignore[type-arg]  # a generic in the stubs only
    """Of signatories.matching.keys; empty for a row whose keys are still to be made."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return _made(self, model_instance)


class SearchKeyField(models.TextField):  # type: ignore[type-arg]
    """The names under which a row is searched, folded, one a line."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return _made(self, model_instance)
