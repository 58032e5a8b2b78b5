"""Evidence that an organisation signs: added to a sign-on at any time, never changed."""

from django.contrib.auth.models import User
from django.db import transaction

from signatories.models import Evidence, SignOn
from signatories.models.contact import EvidenceKind
from signatories.services.evidence_files import KeptFile
from signatories.services.moving import Refused, lock


@transaction.atomic
def add_evidence(
    *,
    sign_on: SignOn,
    kind: EvidenceKind,
    note: str,
    added_by: User | None,
    file: KeptFile | None = None,
) -> Evidence:
    """Note how staff know. Raises Refused without a note, or when the sign-on is gone."""
    if not note.strip():
        raise Refused("Please note the evidence: who said yes, when, and how.")
    return Evidence.objects.create(
        sign_on=lock(sign_on),
        kind=kind,
        note=note.strip(),
        added_by=added_by,
        file=file.name if file else "",
        file_type=file.type if file else "",
    )
