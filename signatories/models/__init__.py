"""Organisations, their sign-ons, the people behind them, and what was published."""

from signatories.models.contact import Contact, Evidence
from signatories.models.edition import Edition
from signatories.models.hold import Hold
from signatories.models.importing import ContactExport, Import, ImportedRow
from signatories.models.organisation import Organisation
from signatories.models.purge import PurgeClock, PurgeRecord
from signatories.models.refusal import Refusal
from signatories.models.sign_on import SignOn, SignOnOrganisation

__all__ = [
    "Contact",
    "ContactExport",
    "Edition",
    "Evidence",
    "Hold",
    "Import",
    "ImportedRow",
    "Organisation",
    "PurgeClock",
    "PurgeRecord",
    "Refusal",
    "SignOn",
    "SignOnOrganisation",
]
