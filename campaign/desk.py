"""The desk: Django's admin, whose front page begins with what staff should know first."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver


class DeskConfig(AdminConfig):
    default_site = "campaign.desk.Desk"

    def ready(self) -> None:
        super().ready()
        # In place of what Django and django-otp have for accounts, roles, keys and codes.
        from campaign.admin import people

        people.register()


class Desk(admin.AdminSite):
    site_header = "Undersigned"
    site_title = "Undersigned"
    index_title = "Desk"
    # Its few lists are linked in the header; the room is for what is in them.
    enable_nav_sidebar = False

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        from campaign.admin.notices import notices  # the models are there by now

        return super().index(request, {**(extra_context or {}), "notices": notices(request.user)})

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may see anything here: for that, a second factor may be needed, too."""
        from campaign.people.sessions import has_passed

        if not super().has_permission(request):
            return False
        return has_passed(request) or request.path == reverse("admin:logout")

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from campaign.views.sign_in import sign_in

        return sign_in(request)

    def get_urls(self) -> "list[URLPattern | URLResolver]":
        from campaign.views import account, sign_in

        return [*sign_in.URLS, *account.urls(self), *super().get_urls()]
