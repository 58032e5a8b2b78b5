"""The desk: Django's admin, whose front page is how the letters stand."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path


class DeskConfig(AdminConfig):
    default_site = "campaign.desk.Desk"


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

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from campaign.admin.digest import my_digest

        own = [path("digest/", self.admin_view(my_digest), name="digest")]
        return [*own, *super().get_urls()]
