"""When files that staff imported, and what was in them, go."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Q

from signatories.models import Import, ImportedRow
from signatories.models.importing import UNDOABLE_FOR
from signatories.privacy.rule import BATCH, Purged, Rule

#: A file that nobody imported: it holds contacts.
KEPT_FOR = timedelta(days=1)


def _not_imported(now: datetime) -> Purged:
    # By an index, which such files alone are in.
    due = Import.objects.filter(rows__isnull=False, wish="", made_at__lt=now - KEPT_FOR)
    locked = due.select_for_update(of=("self",), skip_locked=True).order_by("made_at")[:BATCH]
    batch = dict(locked.values_list("pk", "letter_id"))
    Import.objects.filter(pk__in=list(batch)).update(rows=None, note="", file_name="")
    return Counter(batch.values())


def _old(now: datetime) -> Purged:
    """Rows first, as a file may have thousands; then the names of files."""
    imports = Import.objects.filter(confirmed_at__lt=now - UNDOABLE_FOR).order_by()
    rows = ImportedRow.objects.filter(imported__in=imports).order_by()[:BATCH]
    found = dict(rows.values_list("pk", "imported__letter"))
    ImportedRow.objects.filter(pk__in=list(found)).delete()
    if found:
        return Counter(found.values())
    named = dict(imports.filter(~Q(file_name=""))[:BATCH].values_list("pk", "letter_id"))
    Import.objects.filter(pk__in=list(named)).update(file_name="")
    return Counter(named.values())


NOT_IMPORTED = Rule(
    "files not imported",
    "Files of contacts and organisations that nobody imported: a day after they were uploaded",
    _not_imported,
)
OLD_IMPORTS = Rule(
    "old imports",
    "What an import made and changed, and the name of its file: 90 days after it, when it can be "
    "undone no more",
    _old,
)
