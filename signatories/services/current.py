"""The words that are signed now, with their letter: read anew only when the letter has changed.

Building and reading that query cost a third of a posting. PostgreSQL names each version of a row,
so one small question tells whether what is remembered here is still so, in whatever process it was
changed: `xmin` is the transaction that wrote it, `ctid` the place it was written to.
"""

from django.db import connection
from django.db.models import F

from campaign.models import Wording

_VERSION = "SELECT id, xmin::text, ctid::text FROM campaign_letter WHERE "
_BY_SLUG = f"{_VERSION} slug = %s"
_BY_KEY = f"{_VERSION} unlisted_key = %s"
#: By the letter's id: the version it was read from. No more entries than letters.
_remembered: dict[int, tuple[tuple[str, str], Wording]] = {}


def current_wording(*, slug: str = "", key: str = "") -> Wording | None:
    """In the letter's own language, with text, letter and default group; None without a letter.

    By its slug, or by its unlisted key. It is shared between requests: only read it, or fetch what
    is to be changed anew.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY if key else _BY_SLUG, [key or slug])
        row = cursor.fetchone()
    if row is None:
        return None
    pk, version = row[0], (row[1], row[2])
    remembered = _remembered.get(pk)
    if remembered and remembered[0] == version:
        return remembered[1]
    wording = (
        Wording.objects.select_related("text__letter__default_group")
        .filter(
            text__letter=pk,
            text=F("text__letter__current_text"),
            language=F("text__letter__language"),
        )
        .first()
    )
    # Changed in between, it may be newer than its version says, and is read once more next time.
    if wording is not None and wording.text.fixed_at is not None:
        _remembered[pk] = (version, wording)
    return wording
