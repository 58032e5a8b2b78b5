"""The desk of the staff, at /admin/: sign-ons, organisations, and the preview of letters."""

from campaign.admin import LetterAdmin
from signatories.admin import panel, preview
from signatories.admin.bulk import BulkAdmin
from signatories.admin.organisation import OrganisationAdmin
from signatories.admin.purge import PurgeRecordAdmin
from signatories.admin.sign_on import SignOnAdmin

LetterAdmin.extra_urls = [*preview.URLS, *panel.URLS]

__all__ = ["BulkAdmin", "OrganisationAdmin", "PurgeRecordAdmin", "SignOnAdmin"]
