"""The desk of the staff, at /admin/: sign-ons, organisations, and the preview of letters."""

from campaign.admin import LetterAdmin
from signatories.admin import invitation_page, invite, panel, preview, tracker
from signatories.admin.organisation import OrganisationAdmin
from signatories.admin.purge import PurgeRecordAdmin
from signatories.admin.sign_on import SignOnAdmin

LetterAdmin.extra_urls = [
    *preview.URLS, *panel.URLS, *invite.URLS, *tracker.URLS, *invitation_page.URLS,
]  # fmt: skip

__all__ = ["OrganisationAdmin", "PurgeRecordAdmin", "SignOnAdmin"]
