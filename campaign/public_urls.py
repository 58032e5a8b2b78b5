"""All that is not the desk: what there is for those to whom it is closed (campaign/staff.py)."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from campaign.views import mailbox
from campaign.views.digest import stop_digest

handler400 = "campaign.views.errors.unreadable"
handler403 = "campaign.views.errors.forbidden"
handler404 = "campaign.views.errors.not_found"
handler500 = "campaign.views.errors.failed"

urlpatterns: list[URLPattern | URLResolver] = [
    path("digest/stop/<str:token>/", stop_digest, name="stop-digest"),
    path("", include("signatories.urls")),
]
if settings.ENVIRONMENT.mail_provider:
    from campaign.mail.webhooks import webhooks_of

    urlpatterns += webhooks_of(settings.ENVIRONMENT.mail_provider.name)
# Kept mails hold links that confirm: nobody but this machine may read them.
if settings.KEEP_MAIL_HERE and settings.ENVIRONMENT.loopback:
    urlpatterns += [
        path("dev/mail/", mailbox.mailbox, name="mailbox"),
        path("dev/mail/<str:name>/", mailbox.mailbox_mail, name="mailbox-mail"),
    ]
