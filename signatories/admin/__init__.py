"""The desk of the staff, at /admin/: sign-ons, organisations, and the pages around a letter."""

from campaign.admin import LetterAdmin
from campaign.admin.offers import OFFERS
from campaign.admin.people import PersonAdmin
from signatories.admin import (
    exports,
    invitation_page,
    invite,
    letter_lists,
    letter_silent,
    letter_test_mails,
    letter_texts,
    panel,
    preview,
    tracker,
)
from signatories.admin.body_notes import body_notes
from signatories.admin.bulk import BulkAdmin
from signatories.admin.exports import ContactExportAdmin
from signatories.admin.imports import ImportAdmin
from signatories.admin.organisation import OrganisationAdmin
from signatories.admin.purge import PurgeRecordAdmin
from signatories.admin.sign_on import SignOnAdmin
from signatories.admin.whom import standing, whom_it_asks
from signatories.roles import SAYS

LetterAdmin.extra_urls = [
    *preview.URLS,
    *letter_texts.URLS,
    *letter_lists.URLS,
    *letter_test_mails.URLS,
    *letter_silent.URLS,
    *panel.URLS,
    *invite.URLS,
    *tracker.URLS,
    *invitation_page.URLS,
    *exports.LETTER_URLS,
]
OFFERS.whom_it_asks = whom_it_asks
OFFERS.standing = standing
OFFERS.body_notes = body_notes
PersonAdmin.role_says = SAYS

__all__ = [
    "BulkAdmin",
    "ContactExportAdmin",
    "ImportAdmin",
    "OrganisationAdmin",
    "PurgeRecordAdmin",
    "SignOnAdmin",
]
