from django.urls import URLPattern, path

from signatories.views.confirming import confirm, renew
from signatories.views.invitation import invitation
from signatories.views.managing import manage
from signatories.views.moved import letter_elsewhere
from signatories.views.signing import sign

app_name = "signatories"

urlpatterns: list[URLPattern] = [
    # Caddy answers every GET of a letter's page from the edition; these are for the POST.
    path("letters/<slug:slug>/sign/", sign, name="sign"),
    path("unlisted/<slug:key>/sign/", sign, name="sign-unlisted"),
    path("sign-ons/confirm/<str:token>/", confirm, name="confirm"),
    path("sign-ons/confirm/<str:token>/renew/", renew, name="renew"),
    path("sign-ons/manage/<str:token>/", manage, name="manage"),
    path("invitations/<str:token>/", invitation, name="invitation"),
    # What has no file: a letter that was unlisted when the link was passed on, and is public now.
    path("unlisted/<slug:key>/", letter_elsewhere),
    path("unlisted/<slug:key>/<path:rest>", letter_elsewhere),
]
