"""The desk of the staff, at /admin/: sign-ons, organisations, and the preview of letters."""

from campaign.admin import LetterAdmin
from signatories.admin import exports, panel, preview
from signatories.admin.exports import ContactExportAdmin
from signatories.admin.imports import ImportAdmin
from signatories.admin.organisation import OrganisationAdmin
from signatories.admin.purge import PurgeRecordAdmin
from signatories.admin.sign_on import SignOnAdmin

LetterAdmin.extra_urls = [*preview.URLS, *panel.URLS, *exports.LETTER_URLS]

__all__ = [
    "ContactExportAdmin",
    "ImportAdmin",
    "OrganisationAdmin",
    "PurgeRecordAdmin",
    "SignOnAdmin",
]
