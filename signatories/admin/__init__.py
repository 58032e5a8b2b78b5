"""The desk of the staff, at /admin/: sign-ons, organisations, and the preview of letters."""

from campaign.admin import LetterAdmin
from campaign.admin.people import PersonAdmin
from signatories.admin import panel, preview
from signatories.admin.organisation import OrganisationAdmin
from signatories.admin.purge import PurgeRecordAdmin
from signatories.admin.sign_on import SignOnAdmin
from signatories.roles import SAYS

LetterAdmin.extra_urls = [*preview.URLS, *panel.URLS]
PersonAdmin.role_says = SAYS

__all__ = ["OrganisationAdmin", "PurgeRecordAdmin", "SignOnAdmin"]
