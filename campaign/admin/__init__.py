"""The desk of the staff, at /admin/: letters, their mails and publications."""

from django.contrib import admin

from campaign.admin.backup import ScheduledBackupAdmin
from campaign.admin.letter import LetterAdmin
from campaign.admin.mail import OutgoingMailAdmin, PublicationAdmin

admin.site.site_header = "Undersigned"
admin.site.site_title = "Undersigned"
admin.site.index_title = "Desk"
# Its few lists are linked in the header; the room is for what is in them.
admin.site.enable_nav_sidebar = False

__all__ = ["LetterAdmin", "OutgoingMailAdmin", "PublicationAdmin", "ScheduledBackupAdmin"]
