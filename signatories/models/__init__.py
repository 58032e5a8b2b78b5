"""Organisations, their sign-ons, the people behind them, and what was published."""

from signatories.models.bulk import Bulk, BulkItem
from signatories.models.contact import Contact, Evidence
from signatories.models.edition import Edition
from signatories.models.hold import Hold
from signatories.models.importing import ContactExport, Import, ImportedRow
from signatories.models.invitation import Invitation, InvitationBatch
from signatories.models.organisation import Merger, Organisation
from signatories.models.purge import PurgeClock, PurgeRecord
from signatories.models.question import Question
from signatories.models.refusal import Refusal
from signatories.models.sign_on import SignOn, SignOnOrganisation
from signatories.models.statistics import SignOnsByDay

__all__ = [
    "Bulk",
    "BulkItem",
    "Contact",
    "ContactExport",
    "Edition",
    "Evidence",
    "Hold",
    "Import",
    "ImportedRow",
    "Invitation",
    "InvitationBatch",
    "Merger",
    "Organisation",
    "PurgeClock",
    "PurgeRecord",
    "Question",
    "Refusal",
    "SignOn",
    "SignOnOrganisation",
    "SignOnsByDay",
]
