"""The desk: Django's admin, whose front page is how the letters stand."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

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
    index_title = "Start"
    # Its few lists are linked in the header; the room is for what is in them.
    enable_nav_sidebar = False

    # The models are there only when these are called.

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from campaign.places import places

        # Called by the template: what shows no header, such as a redirect, asks nothing.
        return {**super().each_context(request), "places": lambda: places(request)}

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        from campaign.admin.start import start

        return super().index(request, {**(extra_context or {}), **start(request.user)})

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
        from campaign.admin.digest import my_digest
        from campaign.views import account, sign_in

        digest = path("digest/", self.admin_view(my_digest), name="digest")
        return [*sign_in.URLS, *account.urls(self), digest, *super().get_urls()]
