"""A running site of its own for a benchmark, with this process attached to its database."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.site import Site


@contextmanager
def running_site(**environment: str) -> Iterator[Site]:
    """`manage.py up` in a new directory; Django is set up in this process to use the same data.

    `environment` is what the site is told beside that.
    """
    with tempfile.TemporaryDirectory(prefix="undersigned-bench-") as directory:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaign.settings")
        os.environ.update(DATA_DIR=f"{directory}/var", DATABASE_URL="", REDIS_URL="", EMAIL_URL="")
        os.environ.update(environment)
        site = Site(Path(directory) / "var", **environment)
        os.environ.update(PORT=site.environment["PORT"], PUBLIC_URL=site.url)
        import django

        django.setup()
        site.start()
        try:
            yield site
        finally:
            site.stop()


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
