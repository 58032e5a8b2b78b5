"""The desk: Django's admin, whose front page begins with what staff should know first."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest
from django.template.response import TemplateResponse


class DeskConfig(AdminConfig):
    default_site = "campaign.desk.Desk"


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
